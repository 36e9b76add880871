//! `/audit`: who did what.

pub(crate) mod list;
