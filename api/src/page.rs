//! The frame of the pages that links of our messages lead to: no script, no cookie, nothing of another host, and nothing of
//! it is kept. Opening one decides nothing, because programs that look at mails open every link, some in a whole browser:
//! what decides is a button of its form.

use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::AskChoice;

/// Pages need nothing but the style that is served beside them.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

const SPANISH: &str = "es";
/// In which languages there are pages.
const OURS: [&str; 2] = [SPANISH, "en"];

/// The name of the style beside a page.
pub(crate) const STYLE: &str = "page.css";

/// What stands in the frame, as text.
pub(crate) struct Page<'a> {
    pub(crate) status: StatusCode,
    /// Of its words, such as `es`.
    pub(crate) language: &'static str,
    /// Its heading: what it asks, or what has become of that. It may have words of strangers in it.
    pub(crate) title: &'a str,
    /// Where its style is, from the page itself: relative, because a proxy may have us below a path.
    pub(crate) style: &'static str,
    /// What it is about, in larger letters.
    pub(crate) lead: Option<&'a str>,
    pub(crate) paragraphs: &'a [String],
    /// Its button, where there is something to decide.
    pub(crate) button: Option<Button>,
    /// Of several answers each has a button of its own, which sends its id as `choice`.
    pub(crate) choices: &'a [AskChoice],
}

/// The button of a page on which nothing is chosen.
#[derive(Clone, Copy)]
pub(crate) struct Button {
    /// What stands on it.
    pub(crate) word: &'static str,
    /// The field that it sends, and its value; None where pressing it says all.
    pub(crate) sends: Option<(&'static str, &'static str)>,
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
        let button = self.button.iter().map(|button| {
            let field =
                button.sends.map(|(name, value)| format!(" name=\"{name}\" value=\"{value}\"")).unwrap_or_default();
            format!("<button{field}>{}</button>\n", escaped(button.word))
        });
        let buttons: String = button.chain(self.choices.iter().map(button_of)).collect();
        let form = if buttons.is_empty() { buttons } else { format!("<form method=\"post\">\n{buttons}</form>\n") };
        let page = include_str!("page/page.html").replace("{language}", self.language);
        let page = page.replace("{style}", self.style);
        // The words of strangers come last, and those of the heading after the place of the text is known: nothing is looked
        // for in them.
        let parts: Vec<String> =
            page.split("{text}").map(|part| part.replace("{title}", &escaped(self.title))).collect();
        parts.join(&format!("{lead}{paragraphs}{form}"))
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

/// Whether somebody looks who is shown a page, and not a program.
pub(crate) fn is_of_a_browser(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html")
}

/// Whether a page is in Spanish; otherwise it is in English. The first of these that a browser names decides, and where it
/// names neither, the locale of the message in which the link stands.
pub(crate) fn is_spanish(headers: &HeaderMap, locale: &str) -> bool {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = asked.split(',').map(language_of).find(|language| OURS.contains(&language.as_str()));
    named.unwrap_or_else(|| language_of(locale)) == SPANISH
}

/// The language of a tag, as `es` of `es-AR;q=0.9`.
fn language_of(tag: &str) -> String {
    tag.split(['-', '_', ';']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::is_spanish;

    #[test]
    fn a_browser_that_names_none_of_our_languages_reads_that_of_the_message() {
        for (asked, locale, expected) in [
            (Some("es-AR,es;q=0.9,en;q=0.8"), "en", true),
            (Some("en"), "es", false),
            (Some("de-DE,de;q=0.9,en;q=0.5"), "es", false),
            (Some("de, es;q=0.5"), "en", true),
            (Some("de-DE,fr"), "es-AR", true),
            (Some("*"), "es", true),
            (Some(""), "en", false),
            (None, "es_AR", true),
            (None, "en-GB", false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(asked) = asked {
                headers.insert("accept-language", HeaderValue::from_static(asked));
            }
            assert_eq!(is_spanish(&headers, locale), expected, "{asked:?} {locale}");
        }
    }
}
