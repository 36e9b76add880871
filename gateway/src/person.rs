//! Somebody, wherever connected.

use domain::Tenant;

/// Somebody, wherever connected.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Person {
    pub tenant: Tenant,
    /// As destinations name the person behind `user:`.
    pub user: String,
}
