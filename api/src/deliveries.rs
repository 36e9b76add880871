//! `/deliveries`: what became of each notification, and why.

pub(crate) mod answer;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod show;
