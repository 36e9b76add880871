//! The JSON body that publishers write: decoded once, every bad field named at once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::{ChannelName, Priority, Reason, Tenant, Timestamp};

/// The largest body that is read, in bytes. The broker's `max_message_size` is set to the same.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Top-level fields, known and unknown. A real notification has about ten.
const MAX_FIELDS: usize = 256;
const MAX_FALLBACKS: usize = 8;
const MAX_ID_BYTES: usize = 255;
const MAX_DESTINATION_BYTES: usize = 4096;
/// RFC 5322 section 2.1.1: the longest line of a mail.
const MAX_SUBJECT_CHARS: usize = 998;
const VERSION: u64 = 1;

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
        let mut fields = Fields { object, errors: Vec::new(), unsupported: false };
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

/// Takes fields out of an object and collects what is wrong with them.
struct Fields {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
    unsupported: bool,
}

impl Fields {
    fn notification(&mut self, defaults: &Defaults) -> Option<Notification> {
        self.version();
        let id = self.id();
        let tenant = self.tenant();
        let channel = self.channel("", defaults.channel.as_ref());
        let destination = self.destination("");
        let wording = self.wording("");
        let priority = self.priority();
        let send_at = self.instant("send_at");
        let expiry = self.expiry();
        let max_lateness_seconds = self.seconds("max_lateness_seconds");
        let has_fallback = self.fallback();
        self.metadata();
        Some(Notification {
            id,
            tenant,
            channel: channel?,
            destination: destination?,
            wording,
            priority,
            send_at,
            expiry,
            max_lateness_seconds,
            has_fallback,
        })
    }

    fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// `null` counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    fn string(&mut self, prefix: &str, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.refuse(format!("{prefix}/{name}"), format!("must be a string, not {}", kind_of(&other)));
                None
            }
        }
    }

    /// A string that ends in a header of some protocol: no control or direction-changing characters.
    fn line(&mut self, prefix: &str, name: &str) -> Option<String> {
        let text = self.string(prefix, name)?;
        if let Some(bad) = text.chars().find(|c| is_unsafe_in_a_line(*c)) {
            self.refuse(
                format!("{prefix}/{name}"),
                format!("must not contain the control character U+{:04X}", u32::from(bad)),
            );
            return None;
        }
        Some(text)
    }

    fn version(&mut self) {
        match self.take("version") {
            None => {}
            Some(value) if value.as_u64() == Some(VERSION) => {}
            Some(value) if value.as_u64().is_some_and(|version| version > VERSION) => {
                self.unsupported = true;
                self.refuse(
                    "/version",
                    format!(
                        "is newer than {VERSION}, the newest that this fleet reads; upgrade, then move the message back"
                    ),
                );
            }
            Some(_) => self.refuse("/version", format!("must be the number {VERSION}")),
        }
    }

    fn id(&mut self) -> Option<String> {
        let id = self.line("", "id")?;
        if id.is_empty() || id.len() > MAX_ID_BYTES {
            self.refuse("/id", format!("must have 1 to {MAX_ID_BYTES} bytes"));
        }
        Some(id)
    }

    fn tenant(&mut self) -> Tenant {
        let Some(text) = self.string("", "tenant") else { return Tenant::default() };
        Tenant::parse(&text).unwrap_or_else(|| {
            self.refuse("/tenant", "must be 1 to 64 letters, digits, '_' or '-'");
            Tenant::default()
        })
    }

    fn channel(&mut self, prefix: &str, default: Option<&ChannelName>) -> Option<ChannelName> {
        let before = self.errors.len();
        let Some(text) = self.string(prefix, "channel") else {
            if default.is_none() && self.errors.len() == before {
                self.refuse(format!("{prefix}/channel"), "is missing, and DEFAULT_CHANNEL is not set");
            }
            return default.cloned();
        };
        ChannelName::parse(&text).inspect_err(|error| self.refuse(format!("{prefix}/channel"), error.to_string())).ok()
    }

    fn destination(&mut self, prefix: &str) -> Option<String> {
        let pointer = format!("{prefix}/destination");
        if self.object.get("destination").is_some_and(Value::is_array) {
            self.refuse(pointer, "must be one recipient: send one item per recipient");
            return None;
        }
        let before = self.errors.len();
        let Some(text) = self.line(prefix, "destination") else {
            if self.errors.len() == before {
                self.refuse(pointer, "is missing");
            }
            return None;
        };
        if text.trim().is_empty() {
            self.refuse(pointer, "must not be empty");
        } else if text.len() > MAX_DESTINATION_BYTES {
            self.refuse(pointer, format!("must have at most {MAX_DESTINATION_BYTES} bytes"));
        }
        Some(text)
    }

    fn wording(&mut self, prefix: &str) -> Wording {
        let wording = self.wording_as_given(prefix);
        let misread = ["message", "template"].iter().any(|name| self.has_error_at(&format!("{prefix}/{name}")));
        if wording.message.is_none() && wording.template.is_none() && !misread {
            self.refuse(format!("{prefix}/message"), "is missing: give a message or a template");
        }
        wording
    }

    fn wording_as_given(&mut self, prefix: &str) -> Wording {
        let subject = self.line(prefix, "subject");
        if subject.as_ref().is_some_and(|subject| subject.chars().count() > MAX_SUBJECT_CHARS) {
            self.refuse(format!("{prefix}/subject"), format!("must have at most {MAX_SUBJECT_CHARS} characters"));
        }
        let message = self.string(prefix, "message");
        if message.as_ref().is_some_and(|message| message.contains('\0')) {
            self.refuse(format!("{prefix}/message"), "must not contain the character U+0000");
        }
        let template = self.word(prefix, "template");
        let locale = self.word(prefix, "locale");
        Wording { subject, message, template, locale, data: self.map(prefix, "data") }
    }

    fn word(&mut self, prefix: &str, name: &str) -> Option<String> {
        let text = self.string(prefix, name)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            self.refuse(format!("{prefix}/{name}"), "must be 1 to 64 letters, digits, '_' or '-'");
            return None;
        }
        Some(text)
    }

    fn map(&mut self, prefix: &str, name: &str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(map)) if map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)) => {
                self.refuse(format!("{prefix}/{name}"), "must not contain the character U+0000");
                Map::new()
            }
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.refuse(format!("{prefix}/{name}"), format!("must be an object, not {}", kind_of(&other)));
                Map::new()
            }
        }
    }

    fn metadata(&mut self) {
        self.map("", "metadata");
    }

    fn priority(&mut self) -> Priority {
        let Some(text) = self.string("", "priority") else { return Priority::default() };
        Priority::parse(&text.to_ascii_lowercase()).unwrap_or_else(|| {
            self.refuse("/priority", "must be low, normal, high or urgent");
            Priority::default()
        })
    }

    fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.string("", name)?;
        Timestamp::parse_rfc3339(&text).inspect_err(|error| self.refuse(format!("/{name}"), error.to_string())).ok()
    }

    fn seconds(&mut self, name: &str) -> Option<u64> {
        let value = self.take(name)?;
        let seconds = value.as_u64().filter(|seconds| (1..=10 * 366 * 86_400).contains(seconds));
        if seconds.is_none() {
            self.refuse(format!("/{name}"), "must be a whole number of seconds from 1 to ten years");
        }
        seconds
    }

    fn expiry(&mut self) -> Expiry {
        match (self.instant("expires_at"), self.seconds("ttl_seconds")) {
            (Some(_), Some(_)) => {
                self.refuse("/ttl_seconds", "must not be given together with expires_at");
                Expiry::Never
            }
            (Some(at), None) => Expiry::At(at),
            (None, Some(seconds)) => Expiry::Ttl(seconds),
            (None, None) => Expiry::Never,
        }
    }

    /// Checks every item as it will be read when its turn comes.
    fn fallback(&mut self) -> bool {
        let items = match self.take("fallback") {
            None => return false,
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.refuse("/fallback", format!("must be a list, not {}", kind_of(&other)));
                return false;
            }
        };
        if items.len() > MAX_FALLBACKS {
            self.refuse("/fallback", format!("must have at most {MAX_FALLBACKS} items"));
        }
        let any = !items.is_empty();
        for (at, item) in items.into_iter().enumerate().take(MAX_FALLBACKS) {
            let prefix = format!("/fallback/{at}");
            let Value::Object(object) = item else {
                self.refuse(prefix, "must be an object with channel and destination");
                continue;
            };
            let mut fields = Self { object, errors: Vec::new(), unsupported: false };
            fields.channel(&prefix, None);
            fields.destination(&prefix);
            fields.wording_as_given(&prefix);
            self.errors.append(&mut fields.errors);
        }
        any
    }

    fn has_error_at(&self, pointer: &str) -> bool {
        self.errors.iter().any(|error| error.pointer == pointer)
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Databases refuse this character in text, and no reader shows it.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// C0 and C1 controls, line and paragraph separators, and the characters that turn text direction
/// (Unicode Bidi_Control): they split headers or disguise what people read.
fn is_unsafe_in_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
mod tests;
