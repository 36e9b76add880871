//! Where the page of a verification is.

use maud::{Markup, html};

use crate::pages::delivery::address::{escaped, short};
use crate::section::Section;

/// The path of the page of a verification.
pub(super) fn of(id: &str) -> String {
    format!("{}/{}", Section::Verifications.path(), escaped(id))
}

/// Leads to the page of a verification.
pub(super) fn link(id: &str) -> Markup {
    html! { a.mono.id href=(of(id)) title=(id) { (short(id)) } }
}

#[test]
fn an_id_is_one_step_of_a_path() {
    assert_eq!(of("a/b"), "/console/verifications/a%2Fb");
    assert!(link("<1>").into_string().contains(">&lt;1&gt;</a>"));
}
