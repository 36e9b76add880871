//! Which pages may connect. A browser says whose page it is; any other program says nothing, and shows its token.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};

/// The most origins that are named.
const MOST: usize = 100;

/// The pages that may connect, besides those of the gateway's own host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origins(Vec<String>);

/// What a request says of the page that sent it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// No page: another program, or a page of our own host.
    Nobody,
    /// A page that may connect.
    Page(String),
    Foreign,
}

impl Origins {
    /// A list with commas. None where one of them is no origin.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text
            .split(',')
            .map(|word| word.trim().trim_end_matches('/').to_ascii_lowercase())
            .filter(|word| !word.is_empty())
            .collect();
        let are_right = words.len() <= MOST && words.iter().all(|word| word == "*" || is_origin(word));
        are_right.then_some(Self(words))
    }

    /// Lets the pages of one more origin in.
    pub fn allow(&mut self, origin: &str) {
        self.0.push(origin.to_ascii_lowercase());
    }

    /// Whose page has sent a request.
    pub(crate) fn sender(&self, headers: &HeaderMap) -> Sender {
        let Some(origin) = headers.get(ORIGIN) else { return Sender::Nobody };
        let Ok(origin) = origin.to_str() else { return Sender::Foreign };
        let known = origin.to_ascii_lowercase();
        if self.0.iter().any(|word| word == "*" || *word == known) {
            return Sender::Page(origin.to_owned());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_own =
            host.is_some_and(|host| known.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host)));
        if is_own { Sender::Nobody } else { Sender::Foreign }
    }
}

/// A scheme and a host, and a port where it is not the usual one (RFC 6454).
pub(crate) fn is_origin(word: &str) -> bool {
    let Ok(uri) = word.parse::<Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    is_web && has_host && uri.path() == "/" && uri.query().is_none() && !word.ends_with('?')
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sender(origins: &str, origin: Option<&str>) -> Sender {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("ws.example.com:8003"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        Origins::parse(origins).unwrap().sender(&headers)
    }

    #[test]
    fn pages_that_are_named_and_our_own_may_connect_and_others_may_not() {
        let app = "https://app.example.com";
        assert_eq!(sender("", None), Sender::Nobody);
        assert_eq!(sender("", Some("http://ws.example.com:8003")), Sender::Nobody);
        assert_eq!(sender("", Some(app)), Sender::Foreign);
        assert_eq!(sender(app, Some(app)), Sender::Page(app.into()));
        assert_eq!(sender("https://APP.example.com/", Some(app)), Sender::Page(app.into()));
        assert_eq!(sender("*", Some(app)), Sender::Page(app.into()));
        for other in ["https://app.example.com.evil.example", "http://app.example.com", "null"] {
            assert_eq!(sender(app, Some(other)), Sender::Foreign, "{other}");
        }
    }

    #[test]
    fn one_more_origin_may_be_let_in() {
        let mut origins = Origins::parse("https://app.example.com").unwrap();
        origins.allow("http://localhost:8080");
        assert_eq!(origins, Origins::parse("https://app.example.com,http://localhost:8080").unwrap());
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in ["app.example.com", "ftp://app.example.com", "https://a.example/path", "https://u@a.example", "**"]
        {
            assert_eq!(Origins::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Origins::parse(" , "), Some(Origins::default()));
    }
}
