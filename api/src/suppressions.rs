//! `/suppressions`: who is not written to any more.

mod answer;
mod body;
pub(crate) mod create;
pub(crate) mod lift;
pub(crate) mod list;
