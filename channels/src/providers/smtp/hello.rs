//! How this client introduces itself: by a full domain name, or by the address that it speaks from (RFC 5321 section
//! 4.1.3).

use std::net::{IpAddr, Ipv6Addr};

use super::settings::HELLO;

/// What follows EHLO.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Hello {
    Name(String),
    /// The address of our end of each connection, in brackets. Servers that want a full name accept it too.
    Address,
}

impl Hello {
    /// The name of `SMTP_HELLO`, else the name of this machine, if that is a full one.
    ///
    /// # Errors
    /// A text that begins with the setting's name.
    pub(super) fn new(given: Option<&str>) -> Result<Self, String> {
        match given {
            Some(name) if is_full_name(name) || is_literal(name) => Ok(Self::Name(name.to_owned())),
            Some(_) => Err(format!(
                "{} must be a full domain name of this machine such as mail.example.org, or its address in brackets \
                 such as [192.0.2.1]",
                HELLO.name
            )),
            None => Ok(Self::of_machine(hostname::get().ok().and_then(|name| name.into_string().ok()))),
        }
    }

    fn of_machine(name: Option<String>) -> Self {
        // The names that installers give machines tell a server nothing.
        let says_something = |name: &String| {
            let name = name.to_ascii_lowercase();
            is_full_name(&name) && ![".localdomain", ".local", ".localhost"].iter().any(|end| name.ends_with(end))
        };
        name.filter(says_something).map_or(Self::Address, Self::Name)
    }

    pub(super) fn on(&self, local: IpAddr) -> String {
        match (self, local.to_canonical()) {
            (Self::Name(name), _) => name.clone(),
            (Self::Address, IpAddr::V4(address)) => format!("[{address}]"),
            (Self::Address, IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        }
    }
}

fn is_full_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && last.bytes().any(|b| b.is_ascii_alphabetic())
}

fn is_literal(text: &str) -> bool {
    let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
    match address.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => address.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_or_an_address_literal_is_taken() {
        for good in ["mail.example.org", "a-1.b.co", "[192.0.2.1]", "[IPv6:2001:db8::1]", "xn--bcher-kva.example"] {
            assert_eq!(Hello::new(Some(good)), Ok(Hello::Name(good.into())));
        }
        for bad in [
            "mail",
            "",
            "vm 1.example.org",
            "192.0.2.1",
            "[mail]",
            "[2001:db8::1]",
            "a..b",
            "-a.b",
            "mail.example.org.",
        ] {
            assert!(Hello::new(Some(bad)).is_err_and(|why| why.starts_with("SMTP_HELLO must be")), "{bad:?}");
        }
    }

    #[test]
    fn a_machine_without_a_full_name_greets_with_its_address() {
        for short in [None, Some("vm"), Some("0a1b2c3d4e5f"), Some("localhost.localdomain"), Some("mac.local")] {
            let hello = Hello::of_machine(short.map(str::to_owned));
            assert_eq!(hello.on([127, 0, 0, 1].into()), "[127.0.0.1]", "{short:?}");
            assert_eq!(hello.on(IpAddr::V6(Ipv6Addr::LOCALHOST)), "[IPv6:::1]");
        }
        let full = Hello::of_machine(Some("mail.example.org".into()));
        assert_eq!(full.on([127, 0, 0, 1].into()), "mail.example.org");
    }
}
