//! Reads the fields of a body one by one, and collects what is wrong with them.

use serde_json::{Map, Value};

use super::{Defaults, Expiry, FieldError, Notification, Wording};
use crate::{ChannelName, Priority, Tenant, Timestamp};

const MAX_FALLBACKS: usize = 8;
const MAX_ID_BYTES: usize = 255;
pub(super) const MAX_DESTINATION_BYTES: usize = 4096;
/// RFC 5322 section 2.1.1: the longest line of a mail.
const MAX_SUBJECT_CHARS: usize = 998;
const VERSION: u64 = 1;

/// Takes fields out of an object and collects what is wrong with them.
pub(super) struct Fields {
    object: Map<String, Value>,
    pub(super) errors: Vec<FieldError>,
    /// It is of a version of the future.
    pub(super) unsupported: bool,
}

impl Fields {
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { object, errors: Vec::new(), unsupported: false }
    }

    pub(super) fn notification(&mut self, defaults: &Defaults) -> Option<Notification> {
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
            let mut fields = Self::of(object);
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
pub(super) fn is_unsafe_in_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
