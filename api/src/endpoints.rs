//! `/endpoints`: the URLs to which a tenant's events are sent.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod rotate;
