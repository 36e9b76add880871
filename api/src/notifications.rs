//! `/notify`: what is published, and what is cancelled before it is sent.

pub(crate) mod body;
pub(crate) mod cancel;
pub(crate) mod document;
pub(crate) mod publish;
