//! Where the page of a verification is.

use crate::pages::delivery::address::escaped;
use crate::section::Section;

/// The path of the page of a verification.
pub(super) fn of(id: &str) -> String {
    format!("{}/{}", Section::Verifications.path(), escaped(id))
}

#[test]
fn an_id_is_one_step_of_a_path() {
    assert_eq!(of("a/b"), "/console/verifications/a%2Fb");
}
