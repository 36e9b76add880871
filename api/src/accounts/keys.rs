//! `/keys`: the keys of services, each shown once.

mod answer;
mod body;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;
