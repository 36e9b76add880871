//! `/asks`: questions to people, and what they have decided.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod show;
