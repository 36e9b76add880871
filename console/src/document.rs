//! The outermost of every page: what a browser loads, and what it may load.

use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::look::{Look, Theme};
use crate::pieces::harmless::harmless;

/// Nothing inline, nothing from elsewhere. A frame of ours brings a policy of its own: see [`set_headers`].
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                                 connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; \
                                 frame-ancestors 'none'";

/// The indicator's style would be one that no file has. What somebody has opened, and the row that they are at, stay so when
/// a page is morphed.
const HTMX_CONFIG: &str = r#"{"includeIndicatorCSS":false,"morphIgnore":["data-htmx-powered","open","data-current"]}"#;

/// A whole page with this title and body, in which no text of others acts. Its scripts are deferred: the page is whole without
/// them.
pub(crate) fn document(look: Look, title: &str, body: &Markup) -> Markup {
    let theme = (look.theme != Theme::Auto).then(|| look.theme.as_str());
    let times = &look.lang.words().times;
    harmless(html! {
        (DOCTYPE)
        html lang=(look.lang.code()) data-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                title { (title) " · Chasqui" }
                link rel="icon" type="image/svg+xml" href=(assets::icon());
                link rel="stylesheet" href=(assets::theme());
                script defer src=(assets::htmx()) {}
                script defer src=(assets::console()) {}
            }
            body data-now=(times.now) data-ago=(times.ago.join("|")) data-ahead=(times.ahead.join("|")) {
                (body)
            }
        }
    })
}

/// The policy of a page whose scripts ask one more origin. None for a text that would be more than a source of it.
pub(crate) fn policy_asking(origin: &str) -> Option<HeaderValue> {
    let is_source = !origin.contains([';', ',', '\'']) && origin.bytes().all(|byte| byte.is_ascii_graphic());
    let policy = POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {origin}"));
    HeaderValue::try_from(policy).ok().filter(|_| is_source)
}

/// Sets what every answer of the console has, where the answer has not its own: a mail is shown in a frame with a policy
/// of its own, because a frame without one inherits the page's and would lose the mail's styles.
pub(crate) fn set_headers(headers: &mut HeaderMap) {
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
}

#[test]
fn a_page_may_ask_one_more_origin_and_nothing_else_comes_with_it() {
    let policy = policy_asking("https://ws.example.com:8003").expect("an origin");
    let policy = policy.to_str().expect("a text");
    assert_eq!(policy, POLICY.replace("connect-src 'self';", "connect-src 'self' https://ws.example.com:8003;"));
    for wrong in ["https://a.example; script-src *", "https://a.example *", "'unsafe-inline'", "a,b", "a\nb"] {
        assert_eq!(policy_asking(wrong), None, "{wrong}");
    }
}
