//! The cookie of a session: no script reads it, no page of another site has it sent with what changes something, and over
//! TLS it is of this host alone.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The cookie over TLS. With this prefix a browser takes it only with `Secure`, for this host, and for all of its paths.
const OVER_TLS: &str = "__Host-chasqui";
/// The cookie where there is no TLS.
const PLAIN: &str = "chasqui";
/// The most bytes of a token.
const MAX_TOKEN_BYTES: usize = 256;

/// How the cookie of a session is set and read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionCookie {
    /// Whether browsers reach us over TLS, as `PUBLIC_URL` says.
    pub is_over_tls: bool,
}

impl SessionCookie {
    fn name(self) -> &'static str {
        if self.is_over_tls { OVER_TLS } else { PLAIN }
    }

    /// The token in the cookies of a request. None where there is none, or more than one: somebody else has set the other.
    pub fn token(self, headers: &HeaderMap) -> Option<String> {
        let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut tokens = pairs.filter(|(name, _)| *name == self.name()).map(|(_, token)| token);
        let token = tokens.next().filter(|token| is_token(token))?.to_owned();
        tokens.next().is_none().then_some(token)
    }

    /// The header `Set-Cookie` that gives a browser this token for so many seconds. None for what is no token.
    ///
    /// `Lax`, so that whoever follows a link of a mail or of a chat to a page of ours is still logged in there.
    pub fn set(self, token: &str, seconds: u64) -> Option<HeaderValue> {
        is_token(token).then(|| self.written(token, seconds))?
    }

    /// The header `Set-Cookie` that takes the token away.
    pub fn clear(self) -> Option<HeaderValue> {
        self.written("", 0)
    }

    fn written(self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.is_over_tls { "; Secure" } else { "" };
        let text = format!("{}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name());
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAINLY: SessionCookie = SessionCookie { is_over_tls: false };
    const OVER_TLS: SessionCookie = SessionCookie { is_over_tls: true };

    fn read(cookie: SessionCookie, lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        cookie.token(&headers)
    }

    #[test]
    fn a_cookie_is_closed_to_scripts_and_other_sites() {
        let set = OVER_TLS.set("a1", 60).unwrap();
        assert_eq!(set, "__Host-chasqui=a1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let set = PLAINLY.set("a1", 60).unwrap();
        assert_eq!(set, "chasqui=a1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert!(set.is_sensitive());
        assert_eq!(OVER_TLS.clear().unwrap(), "__Host-chasqui=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(PLAINLY.set("a; Domain=evil.example", 60), None);
    }

    #[test]
    fn a_token_is_read_from_the_cookie_of_this_way_of_calling_alone() {
        assert_eq!(read(PLAINLY, &["theme=dark; chasqui=a1"]).as_deref(), Some("a1"));
        assert_eq!(read(OVER_TLS, &["theme=dark", "__Host-chasqui=a1"]).as_deref(), Some("a1"));
        assert_eq!(read(OVER_TLS, &["chasqui=a1"]), None);
        assert_eq!(read(PLAINLY, &["chasqui=a1; chasqui=b2"]), None);
        for none in ["chasqui=", "chasqui", "chasqui=a b", ""] {
            assert_eq!(read(PLAINLY, &[none]), None, "{none}");
        }
    }
}
