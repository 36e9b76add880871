//! Where the pages about dead letters are.

use url::form_urlencoded::byte_serialize;

use crate::section::Section;

pub(crate) const GROUPS: &str = "/console/dead-letters";
pub(crate) const LETTERS: &str = "/console/dead-letters/letters";
pub(crate) const PLANS: &str = "/console/dead-letters/plans";
pub(crate) const JOBS: &str = "/console/dead-letters/jobs";
pub(crate) const READ: &str = "/console/dead-letters/read";

pub(crate) fn group(fingerprint: &str) -> String {
    format!("{GROUPS}/groups/{}", step(fingerprint))
}

pub(crate) fn letter(name: &str) -> String {
    format!("{LETTERS}/{}", step(name))
}

pub(crate) fn plan(id: &str) -> String {
    format!("{PLANS}/{}", step(id))
}

pub(crate) fn job(id: &str) -> String {
    format!("{JOBS}/{}", step(id))
}

pub(crate) fn delivery(id: &str) -> String {
    format!("{}/{}", Section::Deliveries.path(), step(id))
}

/// One step of a path, whatever its text has.
fn step(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[test]
fn a_step_is_one_step() {
    assert_eq!(delivery("a/b c+d?"), "/console/deliveries/a%2Fb%20c%2Bd%3F");
}
