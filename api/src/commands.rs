//! `/v1/commands`: what services are told to do, and how far they say they are.

pub(crate) mod answer;
pub(crate) mod dispatch;
pub(crate) mod list;
pub(crate) mod show;
