//! Says whether a page of our own has sent a request: what changes something and brings a cookie is taken from no other,
//! because a browser adds the cookie whoever asks.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Who has sent a request, as far as a browser tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// A page of ours, or a person who typed the address.
    Ours,
    ForeignPage,
    /// No browser that tells.
    Unknown,
}

impl Sender {
    /// `host` is the one `Host` header.
    pub(crate) fn of(headers: &HeaderMap, host: Option<&str>) -> Self {
        let texts = |name: &str| -> Vec<&str> {
            headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
        };
        let (sites, origins) = (texts("sec-fetch-site"), texts(ORIGIN.as_str()));
        // A page that came over TLS is trusted with more than one that anybody on the way may have written.
        let is_https = |one: &str| one.trim().eq_ignore_ascii_case("https");
        let over_tls = texts("x-forwarded-proto").iter().flat_map(|list| list.split(',')).any(is_https);
        let is_own_site = |site: &&str| matches!(*site, "same-origin" | "none");
        if !sites.iter().all(is_own_site) || !origins.iter().all(|origin| is_own(origin, host, over_tls)) {
            return Self::ForeignPage;
        }
        if sites.is_empty() && origins.is_empty() { Self::Unknown } else { Self::Ours }
    }
}

fn is_own(origin: &str, host: Option<&str>, over_tls: bool) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let ours = scheme.eq_ignore_ascii_case("https") || (scheme.eq_ignore_ascii_case("http") && !over_tls);
    ours && !authority.is_empty() && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

/// Whether a browser says that one of our own pages sent this: by `Sec-Fetch-Site`, or by an `Origin` that is our host
/// where there is none. A request about which nothing is said is refused with the others: every browser that keeps a
/// cookie of ours says one of them of what it posts.
pub fn is_from_own_page(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    };
    Sender::of(headers, host) == Sender::Ours
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn is_ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_from_own_page(&headers)
    }

    #[test]
    fn only_our_own_pages_change_something_with_a_cookie() {
        const HOST: (&str, &str) = ("host", "notify.example");
        for ours in [
            &[HOST, ("sec-fetch-site", "same-origin")][..],
            &[HOST, ("sec-fetch-site", "none")],
            &[HOST, ("origin", "https://notify.example")],
            &[HOST, ("origin", "http://notify.example")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("origin", "https://Notify.Example")],
        ] {
            assert!(is_ours(ours), "{ours:?}");
        }
        for foreign in [
            &[HOST][..],
            &[HOST, ("sec-fetch-site", "same-site")],
            &[HOST, ("sec-fetch-site", "cross-site")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[HOST, ("origin", "null")],
            &[HOST, ("origin", "https://notify.example:8443")],
            &[HOST, ("origin", "http://notify.example"), ("x-forwarded-proto", "https")],
            &[HOST, HOST, ("origin", "https://notify.example")],
            &[("origin", "https://")],
        ] {
            assert!(!is_ours(foreign), "{foreign:?}");
        }
    }
}
