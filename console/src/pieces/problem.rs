//! What went wrong, and where to go from there.

use maud::{Markup, html};

use crate::words::Lang;

/// `details` are the single things that are wrong, each with the name of its field; `back` is where it is put right.
pub(crate) fn problem(lang: Lang, detail: &str, details: &[(String, String)], back: &str) -> Markup {
    html! {
        div.problem role="alert" {
            p { (detail) }
            @if !details.is_empty() {
                ul { @for (name, detail) in details { li { code { (name) } " " (detail) } } }
            }
            p.actions { a href=(back) { (lang.words().problems.back) } }
        }
    }
}
