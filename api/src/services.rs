//! The services that take commands: which there are, what they report, and our keys.

pub(crate) mod jwks;
pub(crate) mod list;
pub(crate) mod report;
