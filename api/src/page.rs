//! The frame of the pages that links of our messages lead to: no script, no cookie, nothing of another host, and nothing of
//! it is kept. Opening one decides nothing, because programs that look at mails open every link, some in a whole browser:
//! what decides is a button of its form.

use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::AskChoice;

/// Pages need nothing but the style that is served beside them.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The name of the style beside a page: relative, because a proxy may have us below a path.
pub(crate) const STYLE: &str = "page.css";

/// What stands in the frame, as text.
pub(crate) struct Page<'a> {
    pub(crate) status: StatusCode,
    /// Of its words, such as `es`.
    pub(crate) language: &'static str,
    pub(crate) title: &'static str,
    /// What it is about, in larger letters.
    pub(crate) lead: Option<&'a str>,
    pub(crate) paragraphs: &'a [String],
    /// The word on its button, where there is something to decide.
    pub(crate) button: Option<&'static str>,
    /// Of several answers each has a button of its own, which sends its id as `choice`.
    pub(crate) choices: &'a [AskChoice],
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "no-store"),
            // A browser says to us alone where the button was pressed; without that we would refuse the form.
            (REFERRER_POLICY, "same-origin"),
            (X_FRAME_OPTIONS, "DENY"),
            (ROBOTS, "noindex"),
        ];
        (self.status, headers, self.html()).into_response()
    }
}

impl Page<'_> {
    fn html(&self) -> String {
        let lead = self.lead.map(|text| format!("<p class=\"lead\">{}</p>\n", escaped(text))).unwrap_or_default();
        let paragraphs: String = self.paragraphs.iter().map(|text| format!("<p>{}</p>\n", escaped(text))).collect();
        let button = self.button.iter().map(|word| format!("<button>{}</button>\n", escaped(word)));
        let buttons: String = button.chain(self.choices.iter().map(button_of)).collect();
        let form = if buttons.is_empty() { buttons } else { format!("<form method=\"post\">\n{buttons}</form>\n") };
        let page = include_str!("page/page.html").replace("{language}", self.language);
        let page = page.replace("{style}", STYLE).replace("{title}", &escaped(self.title));
        // The words of strangers come last: nothing is looked for in them.
        page.replace("{text}", &format!("{lead}{paragraphs}{form}"))
    }
}

fn button_of(choice: &AskChoice) -> String {
    let (id, label) = (escaped(&choice.id), escaped(&choice.label));
    let class = if choice.refuses { " class=\"refuses\"" } else { "" };
    format!("<button name=\"choice\" value=\"{id}\"{class}>{label}</button>\n")
}

/// The style beside a page.
pub(crate) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("page/page.css")).into_response()
}

/// Whether a browser asks for Spanish first. The pages have that and English.
pub(crate) fn is_spanish(headers: &HeaderMap) -> bool {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = asked.split([',', ';', '-']).next().unwrap_or_default().trim();
    first.eq_ignore_ascii_case("es")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
