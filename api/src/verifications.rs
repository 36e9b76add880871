//! `/v1/verification`: whose is an address? Codes and links, and who is sent none; and the page of a link.

mod answer;
mod body;
pub(crate) mod cancel;
pub(crate) mod confirm;
pub(crate) mod conversions;
pub(crate) mod list;
pub(crate) mod page;
mod refused;
pub(crate) mod resend;
pub(crate) mod show;
pub(crate) mod start;

/// The most bytes of a request's body: it has a few short fields.
const BODY_LIMIT: usize = 8 * 1024;
