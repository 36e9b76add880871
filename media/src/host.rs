//! Whether there can be a host that a URL leads to, as far as the URL tells: the parser takes names that no resolver
//! looks up.

use url::{Host, Url};

/// The most octets of a label and of a name (RFC 1035 section 2.3.4); of a name as it is written, without the last dot.
const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 253;

/// What is told of a URL whose host there cannot be.
pub(crate) const MUST: &str = "must lead to a host that there can be: no part of its name may be empty or longer than 63 \
                               characters, nor the name than 253, and the port must not be 0";

/// Whether a URL has a host that there can be, and a port to which one can connect.
pub(crate) fn is_possible(url: &Url) -> bool {
    let is_name = |name: &str| {
        let name = name.strip_suffix('.').unwrap_or(name);
        name.len() <= MAX_NAME && name.split('.').all(|label| (1..=MAX_LABEL).contains(&label.len()))
    };
    let is_host = match url.host() {
        Some(Host::Domain(name)) => is_name(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    };
    is_host && url.port() != Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_labels_and_a_port_that_there_can_be() {
        let label = "a".repeat(63);
        let longest = [label.as_str(), &label, &label, &label[..61]].join(".");
        for possible in
            ["a", "a.example.", "a_b.example", "xn--bcher-kva.example", "192.0.2.1:1", "[::1]:65535", &longest]
        {
            assert!(is_possible(&Url::parse(&format!("https://{possible}/x")).unwrap()), "{possible}");
        }
        let (long, longer) = (format!("{label}a.example"), format!("{longest}a"));
        for impossible in ["a..b", ".a", "a..", &long, &longer, "a.example:0", "192.0.2.1:0", "[::1]:0"] {
            let parsed = Url::parse(&format!("https://{impossible}/x"));
            assert!(!parsed.is_ok_and(|url| is_possible(&url)), "{impossible}");
        }
    }
}
