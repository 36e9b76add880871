//! The JSON body that publishers write: decoded once, every bad field named at once.

mod fields;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use self::fields::Fields;
use crate::{ChannelName, Priority, Reason, Tenant, Timestamp};

/// The largest body that is read, in bytes. The broker's `max_message_size` is set to the same.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Top-level fields, known and unknown. A real notification has about ten.
const MAX_FIELDS: usize = 256;

/// One recipient on one channel, as a publisher asked for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Notification {
    /// The body's own `id`; the AMQP `message_id` goes before it.
    pub id: Option<String>,
    pub tenant: Tenant,
    pub channel: ChannelName,
    pub destination: String,
    pub wording: Wording,
    pub priority: Priority,
    pub send_at: Option<Timestamp>,
    pub expiry: Expiry,
    /// How late a deferred notification may still be sent, in seconds after `send_at`.
    pub max_lateness_seconds: Option<u64>,
    pub has_fallback: bool,
}

/// The words to send: a message as it is, or a template with its data.
#[derive(Clone, PartialEq, Debug)]
pub struct Wording {
    pub subject: Option<String>,
    pub message: Option<String>,
    pub template: Option<String>,
    /// BCP 47, such as `es-AR`.
    pub locale: Option<String>,
    pub data: Map<String, Value>,
}

/// When it stops being worth sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Expiry {
    #[default]
    Never,
    At(Timestamp),
    /// Seconds from `send_at`, else from the AMQP `timestamp`, else from first sight.
    Ttl(u64),
}

/// What a body may leave out.
#[derive(Clone, PartialEq, Debug)]
pub struct Defaults {
    pub channel: Option<ChannelName>,
}

/// One bad field. `pointer` is a JSON pointer (RFC 6901), empty for the body itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
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

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.detail),
            pointer => write!(f, "{pointer} {}", self.detail),
        }
    }
}

impl Notification {
    /// Reads a body from the wire.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one JSON object in UTF-8, or with every field that is wrong.
    pub fn decode(body: &[u8], defaults: &Defaults) -> Result<Self, DecodeError> {
        Self::from_object(parse_object(body)?, defaults)
    }

    /// Reads one item that is JSON already (an element of a batch).
    ///
    /// # Errors
    /// [`DecodeError`] with every field that is wrong.
    pub fn from_object(object: Map<String, Value>, defaults: &Defaults) -> Result<Self, DecodeError> {
        let mut fields = Fields::of(object);
        let notification = fields.notification(defaults);
        match notification {
            Some(notification) if fields.errors.is_empty() => Ok(notification),
            _ => Err(DecodeError {
                reason: if fields.unsupported { Reason::Unsupported } else { Reason::DecodeError },
                fields: fields.errors,
            }),
        }
    }

    /// The instant after which it is not sent any more: its own expiry, or `send_at` plus its greatest
    /// lateness, whichever comes first. `seen` is the AMQP `timestamp`, else first sight.
    pub fn expires_at(&self, seen: Timestamp) -> Option<Timestamp> {
        let expiry = match self.expiry {
            Expiry::Never => None,
            Expiry::At(at) => Some(at),
            Expiry::Ttl(seconds) => Some(self.send_at.unwrap_or(seen).plus(Duration::from_secs(seconds))),
        };
        let lateness = self.send_at.zip(self.max_lateness_seconds);
        let latest = lateness.map(|(send_at, seconds)| send_at.plus(Duration::from_secs(seconds)));
        expiry.into_iter().chain(latest).min()
    }
}

/// Reads one JSON object whose keys are all different.
pub(crate) fn parse_object(body: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    let refuse = |detail: String| DecodeError {
        reason: Reason::DecodeError,
        fields: vec![FieldError { pointer: String::new(), detail }],
    };
    if body.len() > MAX_BODY_BYTES {
        return Err(refuse(format!("the body has {} bytes, the limit is {MAX_BODY_BYTES}", body.len())));
    }
    if body.is_empty() {
        return Err(refuse("the body is empty".into()));
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        return Err(refuse("the body is gzip; send plain JSON".into()));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| refuse(format!("the body is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let UniqueKeys(object) = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|error| refuse(format!("the body is not a JSON object that we read: {}", without_values(&error))))?;
    Ok(object)
}

/// serde_json quotes the offending value in type errors; a value may be personal.
fn without_values(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data if error.to_string().starts_with("invalid type") => {
            format!("it is not an object ({place})")
        }
        _ => error.to_string(),
    }
}

struct UniqueKeys(Map<String, Value>);

impl<'de> serde::Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = UniqueKeys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueKeys, A::Error> {
                let mut object = Map::new();
                while let Some((key, value)) = access.next_entry::<String, Value>()? {
                    if object.len() == MAX_FIELDS {
                        return Err(A::Error::custom(format!("more than {MAX_FIELDS} fields")));
                    }
                    if object.insert(key, value).is_some() {
                        return Err(A::Error::custom("a field is given twice"));
                    }
                }
                Ok(UniqueKeys(object))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// The channels that an object names in its fallback list, with their destinations, for callers that
/// check them against a catalog.
impl Notification {
    pub fn fallback_targets(object: &Map<String, Value>) -> BTreeMap<usize, (String, String)> {
        let items = object.get("fallback").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        items.iter().enumerate().map(|(at, item)| (at, (text(item, "channel"), text(item, "destination")))).collect()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
