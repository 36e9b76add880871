//! Where the pages of users are. A name goes into the query: it may be one that a path cannot have, such as two dots.

use operations::accounts::users::Act;

use crate::pieces::pager::address;

pub(super) const ONE: &str = "/console/users/one";
pub(super) const ACT: &str = "/console/users/act";

/// The page of a user.
pub(super) fn of_user(name: &str) -> String {
    address(ONE, &[("name", name)], None)
}

/// The page that asks whether this is to be done to a user.
pub(super) fn of_act(name: &str, act: Act) -> String {
    address(ACT, &[("name", name), ("act", word(act))], None)
}

/// What an act is called in addresses and forms.
pub(super) const fn word(act: Act) -> &'static str {
    match act {
        Act::Disable => "disable",
        Act::Enable => "enable",
        Act::Revoke => "revoke",
        Act::Delete => "delete",
    }
}
