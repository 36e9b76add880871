//! `/pauses`: what waits until somebody resumes it.

mod answer;
mod body;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod resume;
