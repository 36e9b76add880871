//! Where the inbox of a user is shown.

use crate::pieces::pager::address;
use crate::section::Section;

/// The address of the inbox of a user.
pub(crate) fn of(user: &str) -> String {
    address(Section::Inbox.path(), &[("user", user)], None)
}

#[test]
fn the_id_of_a_user_is_one_parameter() {
    assert_eq!(of("a&b=c"), "/console/inbox?user=a%26b%3Dc");
}
