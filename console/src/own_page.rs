//! Refuses what a page of another origin posts. The edge looks at every request; the console asks for more, because a
//! cookie goes with whatever a browser sends: one of two headers must say that the page was ours.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use web::problem::Problem;

/// # Errors
/// 403 when neither `Sec-Fetch-Site` nor, where a browser does not send that, `Origin` names this origin.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        // Over plain HTTP browsers send `Origin` only.
        None => text(ORIGIN.as_str())
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| text(HOST.as_str()).is_some_and(|host| host.eq_ignore_ascii_case(authority))),
    };
    if is_own { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-origin",
        "No page of the console sent this",
        "Only pages of the console itself may change anything by the session of a browser. Programs use the API, with a \
         token. Behind a proxy, have it pass the header Host on as it came.",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_pages_of_this_origin_may_post() {
        let check = |given: &[(&'static str, &'static str)]| {
            let headers =
                given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            super::check(&headers.collect::<HeaderMap>()).is_ok()
        };
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(check(&[("host", "ours.example:8080"), ("origin", "http://OURS.example:8080")]));
        assert!(!check(&[]));
        assert!(!check(&[("host", "ours.example")]));
        assert!(!check(&[("sec-fetch-site", "none")]));
        assert!(!check(&[("sec-fetch-site", "same-site"), ("host", "a.example"), ("origin", "http://a.example")]));
        assert!(!check(&[("host", "ours.example"), ("origin", "http://theirs.example")]));
        assert!(!check(&[("host", "ours.example"), ("origin", "null")]));
    }
}
