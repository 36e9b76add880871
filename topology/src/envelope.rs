//! The envelope of a message on the wire: our headers, and which of the publisher's properties are kept.
//!
//! Pure, and total over whatever publishers send: nothing here fails or panics.

mod event;
#[cfg(test)]
mod fuzz;
mod inbound;
mod misread;
mod publisher_properties;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use event::{WrittenEvent, write_event, write_heard, write_inbox, write_subject};
pub use inbound::{Inbound, OWN};
pub(crate) use inbound::{is_of_a_provider, is_of_no_call, kept_of, token_of};
pub(crate) use misread::misread;
pub use publisher_properties::PublisherProperties;
pub(crate) use publisher_properties::fingerprint_of_properties;
pub(crate) use read::{noted_tenant, of_a_publisher, read_headers, sent_at};
pub use write::properties;

/// The most bytes of `notify-dead-error`.
const MAX_ERROR_BYTES: usize = 1024;
/// The most bytes of a header table, which is sent in one frame; RabbitMQ's limit for a frame is 128 KiB.
const MAX_TABLE_BYTES: usize = 64 * 1024;
/// The most bytes of an AMQP short string.
const MAX_SHORT_BYTES: usize = 255;

mod name {
    pub(super) const ATTEMPT: &str = "notify-attempt";
    pub(super) const EPOCH: &str = "notify-epoch";
    pub(super) const SEQ: &str = "notify-seq";
    pub(super) const LANE: &str = "notify-lane";
    pub(super) const DUE: &str = "notify-due";
    pub(super) const RELEASED: &str = "notify-released";
    pub(super) const PARENT: &str = "notify-parent";
    pub(super) const TENANT: &str = "notify-tenant";
    pub(super) const PUBLISHER: &str = "notify-publisher";
    pub(super) const AGAIN: &str = "notify-again";
    pub(super) const DEAD_REASON: &str = "notify-dead-reason";
    pub(super) const DEAD_ERROR: &str = "notify-dead-error";
    pub(super) const DEAD_ATTEMPTS: &str = "notify-dead-attempts";
    pub(super) const DEAD_AT: &str = "notify-dead-at";
    pub(super) const PROVIDER: &str = "notify-provider";
    pub(super) const TARGET: &str = "notify-target";
    pub(super) const RECEIVED_AT: &str = "notify-received-at";
    pub(super) const MARK: &str = "notify-mark";
    pub(super) const TOKEN: &str = "notify-token";
    pub(super) const INBOUND: &str = "notify-inbound";
}

/// The beginning of the text, at most `bytes` long, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes.min(text.len()))]
}
