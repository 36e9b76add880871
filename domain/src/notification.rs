//! The JSON body that publishers write: decoded once, every bad field named at once.

mod asked;
mod draft;
mod fields;
mod items;
mod json;
mod names;
mod read;
mod stored;
mod values;

use std::time::Duration;

use serde_json::{Map, Value};
use text::FieldError;

pub use self::asked::{Asked, Worded};
pub use self::draft::{Draft, Target};
pub use self::json::{json_fault, parse_object};
pub use self::names::{FIELDS, Meant, OF_AN_ITEM, UnknownField, is_field};
pub(crate) use self::names::{OF_A_MAIL, OF_AN_ITEM_ALONE, OF_THE_FLEET};
pub use self::stored::files_named_in;
pub(crate) use self::values::is_absent;
pub use self::values::whole;
use crate::{ChannelName, Escalation, Interactive, Priority, Reason, Shown, Tenant, Timestamp};

/// The largest body that is read, in bytes. The broker's `max_message_size` is set to the same.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// One recipient on one channel, as a publisher asked for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Notification {
    /// The body's own `id`. The AMQP `message_id` wins over it.
    pub id: Option<String>,
    pub tenant: Tenant,
    pub channel: ChannelName,
    pub destination: String,
    pub wording: Wording,
    pub priority: Priority,
    /// The only provider that may carry it, in lower case. Each that carries its channel may where it names none.
    pub provider: Option<String>,
    pub send_at: Option<Timestamp>,
    pub expiry: Expiry,
    /// How late a deferred notification may still be sent, in seconds after `send_at`.
    pub max_lateness_seconds: Option<u64>,
    /// The channels to try in this order when this one fails for good.
    pub fallback: Vec<Target>,
    /// What its reader answers with. The fleet alone writes it.
    pub interactive: Option<Interactive>,
    /// Whatever the publisher wants to find in the events of the delivery; nothing else reads it.
    pub metadata: Map<String, Value>,
    /// Fields of the body and of its fallback items that were not read.
    pub unknown: Vec<UnknownField>,
}

/// The words to send: a message as it is, or a template with its data.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wording {
    pub subject: Option<String>,
    pub message: Option<String>,
    pub template: Option<String>,
    /// BCP 47, such as `es-AR`.
    pub locale: Option<String>,
    pub data: Map<String, Value>,
    /// The fields that a mail alone has (`cc` and its like), as they were given. The medium says what they may be.
    pub mail: Map<String, Value>,
}

/// When a notification stops being worth sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Expiry {
    #[default]
    Never,
    At(Timestamp),
    /// Seconds from `send_at`, else from the AMQP `timestamp`, else from first sight.
    Ttl(u64),
}

/// What stands for the fields that a body leaves out.
#[derive(Clone, PartialEq, Debug)]
pub struct Defaults {
    pub channel: Option<ChannelName>,
}

/// Why a body cannot become a notification: every bad field, never a value of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", list(.fields))]
pub struct DecodeError {
    /// [`Reason::DecodeError`], or [`Reason::Unsupported`] for a version of the future.
    pub reason: Reason,
    pub fields: Vec<FieldError>,
}

fn list(fields: &[FieldError]) -> String {
    fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Notification {
    /// Reads a body from the wire.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one JSON object in UTF-8, or with every field that is wrong.
    pub fn decode(body: &[u8], defaults: &Defaults) -> Result<Self, DecodeError> {
        Draft::of(parse_object(body)?, defaults).finish()
    }

    pub fn has_fallback(&self) -> bool {
        !self.fallback.is_empty()
    }

    /// When the first fallback is tried although this channel has not failed.
    pub fn escalation(&self) -> Option<Escalation> {
        self.fallback.first().and_then(|next| next.escalation)
    }

    /// What its reader is shown, of all that it has.
    pub fn shown(&self) -> Shown<'_> {
        let Wording { subject, message, template, data, .. } = &self.wording;
        Shown {
            channel: &self.channel,
            destination: &self.destination,
            template: template.as_deref(),
            message: message.as_deref(),
            subject: subject.as_deref(),
            data,
        }
    }

    /// The instant after which the notification is not sent any more: its own expiry, or `send_at` plus its greatest
    /// lateness, whichever comes first. `seen` is the AMQP `timestamp`, else when the fleet first saw the message.
    pub fn expires_at(&self, seen: Timestamp) -> Option<Timestamp> {
        self.expiry.ends_at(self.send_at, self.max_lateness_seconds, seen)
    }
}

impl Expiry {
    fn ends_at(
        self,
        send_at: Option<Timestamp>,
        max_lateness_seconds: Option<u64>,
        seen: Timestamp,
    ) -> Option<Timestamp> {
        let expiry = match self {
            Self::Never => None,
            Self::At(at) => Some(at),
            Self::Ttl(seconds) => Some(send_at.unwrap_or(seen).plus(Duration::from_secs(seconds))),
        };
        let lateness = send_at.zip(max_lateness_seconds);
        let latest = lateness.map(|(send_at, seconds)| send_at.plus(Duration::from_secs(seconds)));
        expiry.into_iter().chain(latest).min()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
