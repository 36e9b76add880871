//! Asks for a page again while what it shows is under way, and has a link for those who have no scripts.

use maud::{Markup, html};

/// `part` is the id of the element that the page is about, `every` how often it is asked for, such as `every 2s`. It is an
/// element of its own: when a page comes without it, nothing asks any more.
pub(crate) fn again(part: &str, path: &str, every: &str, says: &str, reload: &str) -> Markup {
    let part = format!("#{part}");
    html! {
        p #again.soft hx-get=(path) hx-trigger=(every) hx-target=(part) hx-select=(part) hx-swap="outerMorph"
            hx-status:"4xx"="swap:none" hx-status:"5xx"="swap:none" {
            (says) " " a href=(path) { (reload) }
        }
    }
}
