//! Where the pages of a question are.

use maud::{Markup, html};

use crate::pages::delivery::address::{escaped, short};
use crate::section::Section;

/// The path of the page of a question.
pub(crate) fn of(id: &str) -> String {
    format!("{}/{}", Section::Asks.path(), escaped(id))
}

/// The path of the page that asks once more before a question is taken back.
pub(crate) fn cancel(id: &str) -> String {
    format!("{}/cancel", of(id))
}

/// Leads to the page of a question.
pub(crate) fn link(id: &str) -> Markup {
    html! { a.mono.id href=(of(id)) title=(id) { (short(id)) } }
}

#[test]
fn an_id_is_one_step_of_a_path() {
    assert_eq!((of("a/b"), cancel("a")), ("/console/asks/a%2Fb".to_owned(), "/console/asks/a/cancel".to_owned()));
    assert!(link("<1>").into_string().contains(">&lt;1&gt;</a>"));
}
