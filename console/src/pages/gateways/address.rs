//! Where it is shown whether a user is connected.

use crate::pieces::pager::address;
use crate::section::Section;

/// The address of the page of gateways, narrowed to a user.
pub(crate) fn of(user: &str) -> String {
    address(Section::Gateways.path(), &[("user", user)], None)
}
