//! What could be read of a body, whatever else is wrong with it. Checks look at a draft, and a notification is made of
//! one.

use serde_json::{Map, Value};
use text::FieldError;

use super::{DecodeError, Expiry, Notification, UnknownField, Wording};
use crate::{ChannelName, Escalation, Interactive, Priority, Reason, Tenant, Timestamp};

/// A body on its way to be a [`Notification`].
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    pub id: Option<String>,
    pub tenant: Tenant,
    pub target: Target,
    pub priority: Priority,
    pub provider: Option<String>,
    pub send_at: Option<Timestamp>,
    pub expiry: Expiry,
    pub max_lateness_seconds: Option<u64>,
    pub fallback: Vec<Target>,
    pub metadata: Map<String, Value>,
    pub unknown: Vec<UnknownField>,
    /// Every field that is wrong.
    pub errors: Vec<FieldError>,
    pub(super) unsupported: bool,
}

/// Where one message goes and what it says, as far as it could be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Target {
    pub channel: Option<ChannelName>,
    pub destination: Option<String>,
    pub wording: Wording,
    /// Whether the message has `data` of its own, perhaps empty.
    pub brings_data: bool,
    /// When an item of a fallback is tried although the channel before it has not failed.
    pub escalation: Option<Escalation>,
    /// What the reader of this message answers with: an item of a fallback has its own.
    pub interactive: Option<Interactive>,
}

impl Draft {
    /// # Errors
    /// [`DecodeError`] with every field that is wrong.
    pub fn finish(self) -> Result<Notification, DecodeError> {
        match self.target {
            Target { channel: Some(channel), destination: Some(destination), wording, interactive, .. }
                if self.errors.is_empty() =>
            {
                Ok(Notification {
                    id: self.id,
                    tenant: self.tenant,
                    channel,
                    destination,
                    wording,
                    priority: self.priority,
                    provider: self.provider,
                    send_at: self.send_at,
                    expiry: self.expiry,
                    max_lateness_seconds: self.max_lateness_seconds,
                    fallback: self.fallback,
                    interactive,
                    metadata: self.metadata,
                    unknown: self.unknown,
                })
            }
            _ => Err(DecodeError {
                reason: if self.unsupported { Reason::Unsupported } else { Reason::DecodeError },
                fields: self.errors,
            }),
        }
    }

    /// The same instant as [`Notification::expires_at`].
    pub fn expires_at(&self, seen: Timestamp) -> Option<Timestamp> {
        self.expiry.ends_at(self.send_at, self.max_lateness_seconds, seen)
    }

    /// Whether this field, or one below it, was wrong.
    pub fn is_wrong(&self, pointer: &str) -> bool {
        let at = |error: &FieldError| error.pointer.strip_prefix(pointer).is_some_and(is_end_of_step);
        self.errors.iter().any(at)
    }
}

fn is_end_of_step(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

impl Target {
    /// The words that a fallback item goes out with: its own, and its parent's where it has none. `child_body` makes
    /// the body of the child's delivery by the same rule. What a mail alone has is the item's own.
    pub fn wording_after(&self, parent: &Wording) -> Wording {
        let own = self.wording.clone();
        let data = if self.brings_data { own.data } else { parent.data.clone() };
        let locale = own.locale.or_else(|| parent.locale.clone());
        if own.message.is_some() || own.template.is_some() {
            return Wording { data, locale, ..self.wording.clone() };
        }
        let subject = own.subject.or_else(|| parent.subject.clone());
        let (message, template) = (parent.message.clone(), parent.template.clone());
        Wording { subject, message, template, locale, data, mail: own.mail }
    }
}
