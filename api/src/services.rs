//! The services that take commands: which there are, what they report, and the keys on either side.

pub(crate) mod jwks;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod report;
