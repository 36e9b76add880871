//! `/dead-letters`: what is in the dead-letter queue, and what is to become of it.

pub(crate) mod acknowledge;
mod answer;
mod body;
pub(crate) mod cancel;
pub(crate) mod edit;
pub(crate) mod failures;
pub(crate) mod groups;
pub(crate) mod jobs;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod read;
pub(crate) mod resume;
pub(crate) mod show;
pub(crate) mod start;
