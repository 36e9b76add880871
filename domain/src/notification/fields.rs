//! Reads the fields of a body one by one, and collects what is wrong with them.

use serde_json::{Map, Value};
use text::{FieldError, MAX_SUBJECT_CHARS, check_subject, is_unsafe_in_a_line, nearest, unseen};

use super::names::{FIELDS, OF_A_MAIL, OF_THE_FLEET};
use super::values::{has_nul, is_absent, kind_of, numbers_beyond, whole};
use super::{Expiry, Wording};
use crate::{ChannelName, MAX_ID_BYTES, MAX_SPAN, Priority, Tenant, Timestamp};

pub(super) const MAX_DESTINATION_BYTES: usize = 4096;
const VERSION: u64 = 1;
const MAX_SECONDS: u64 = MAX_SPAN.as_secs();

/// Takes fields out of an object and collects what is wrong with them.
pub(super) struct Fields {
    pub(super) object: Map<String, Value>,
    /// The known fields that the object had.
    pub(super) given: Given,
    pub(super) errors: Vec<FieldError>,
    /// The body is of a version of the future.
    pub(super) unsupported: bool,
}

/// Names of fields, kept without an allocation, because every message that is read has some.
#[derive(Default)]
pub(super) struct Given {
    names: [&'static str; FIELDS.len() + OF_THE_FLEET.len()],
    count: usize,
}

impl Given {
    fn push(&mut self, name: &'static str) {
        if let Some(place) = self.names.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }

    pub(super) fn names(&self) -> &[&'static str] {
        &self.names[..self.count]
    }
}

impl Fields {
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { object, given: Given::default(), errors: Vec::new(), unsupported: false }
    }

    pub(super) fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Removes a field. None for one that counts as absent.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        let value = self.object.remove(name).filter(|value| !is_absent(name, value))?;
        self.given.push(name);
        Some(value)
    }

    pub(super) fn string(&mut self, prefix: &str, name: &'static str) -> Option<String> {
        let value = self.take(name)?;
        self.text(prefix, name, value)
    }

    fn text(&mut self, prefix: &str, name: &str, value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            other => {
                self.refuse(format!("{prefix}/{name}"), format!("must be a string, not {}", kind_of(&other)));
                None
            }
        }
    }

    /// Reads a text that is written into a header of some protocol: it has no control or direction-changing characters.
    fn line(&mut self, prefix: &str, name: &'static str) -> Option<String> {
        let value = self.take(name)?;
        self.one_line(prefix, name, value)
    }

    fn one_line(&mut self, prefix: &str, name: &str, value: Value) -> Option<String> {
        let text = self.text(prefix, name, value)?;
        if let Some(bad) = text.chars().find(|c| is_unsafe_in_a_line(*c)) {
            self.refuse(format!("{prefix}/{name}"), format!("must not contain {}", unseen(bad)));
            return None;
        }
        Some(text)
    }

    /// Finds numbers that other programs cannot read, before the fields are taken. A number is sent on in the digits
    /// that its publisher wrote.
    pub(super) fn numbers_beyond(&self) -> Vec<String> {
        numbers_beyond(&self.object)
    }

    /// Refuses these numbers, but where the field takes no number at all, which was said already.
    pub(super) fn refuse_numbers(&mut self, beyond: Vec<String>) {
        for pointer in beyond {
            if !self.has_error_at(&pointer) {
                self.refuse(pointer, "must be a number of at most 1.8e308: write a larger one as a text");
            }
        }
    }

    pub(super) fn version(&mut self) {
        match self.take("version") {
            None => {}
            Some(value) if whole(&value) == Some(VERSION) => {}
            Some(value) if whole(&value).is_some_and(|version| version > VERSION) => {
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

    pub(super) fn id(&mut self) -> Option<String> {
        let id = self.line("", "id")?;
        if id.len() > MAX_ID_BYTES {
            self.refuse("/id", format!("must have 1 to {MAX_ID_BYTES} bytes"));
        }
        Some(id)
    }

    pub(super) fn tenant(&mut self) -> Tenant {
        let Some(text) = self.string("", "tenant") else { return Tenant::default() };
        Tenant::parse(&text).unwrap_or_else(|| {
            self.refuse("/tenant", "must be 1 to 64 letters, digits, '_' or '-'");
            Tenant::default()
        })
    }

    pub(super) fn channel(&mut self, prefix: &str, default: Option<&ChannelName>) -> Option<ChannelName> {
        let Some(value) = self.take("channel") else {
            if default.is_none() {
                let why = if prefix.is_empty() { "is missing, and DEFAULT_CHANNEL is not set" } else { "is missing" };
                self.refuse(format!("{prefix}/channel"), why);
            }
            return default.cloned();
        };
        let text = self.text(prefix, "channel", value)?;
        ChannelName::parse(&text).inspect_err(|error| self.refuse(format!("{prefix}/channel"), error.to_string())).ok()
    }

    pub(super) fn destination(&mut self, prefix: &str) -> Option<String> {
        let pointer = format!("{prefix}/destination");
        let Some(value) = self.take("destination") else {
            self.refuse(pointer, "is missing");
            return None;
        };
        if value.is_array() {
            self.refuse(pointer, "must be one recipient: send one item per recipient");
            return None;
        }
        if value.is_object() {
            let what = "must be a string, not an object: a push subscription is written as its JSON in a string";
            self.refuse(pointer, what);
            return None;
        }
        let text = self.one_line(prefix, "destination", value)?;
        if text.trim().is_empty() {
            self.refuse(pointer, "must not be empty");
        } else if text.len() > MAX_DESTINATION_BYTES {
            self.refuse(pointer, format!("must have at most {MAX_DESTINATION_BYTES} bytes"));
        }
        Some(text)
    }

    pub(super) fn wording(&mut self, prefix: &str) -> Wording {
        let wording = self.wording_as_given(prefix);
        let misread = ["message", "template"].iter().any(|name| self.has_error_at(&format!("{prefix}/{name}")));
        if wording.message.is_none() && wording.template.is_none() && !misread {
            self.refuse(format!("{prefix}/message"), "is missing: give a message or a template");
        }
        wording
    }

    pub(super) fn wording_as_given(&mut self, prefix: &str) -> Wording {
        let message = self.take("message");
        let subject = self.string(prefix, "subject");
        let wrong = subject.as_deref().and_then(|subject| check_subject(subject).err());
        if let Some(why) = wrong {
            self.refuse(format!("{prefix}/subject"), why);
        } else if subject.as_ref().is_some_and(|subject| subject.chars().count() > MAX_SUBJECT_CHARS) {
            self.refuse(format!("{prefix}/subject"), format!("must have at most {MAX_SUBJECT_CHARS} characters"));
        }
        let message = message.and_then(|value| self.text(prefix, "message", value));
        if message.as_ref().is_some_and(|message| message.contains('\0')) {
            self.refuse(format!("{prefix}/message"), "must not contain the character U+0000");
        }
        let template = self.word(prefix, "template");
        let locale = self.word(prefix, "locale");
        Wording { subject, message, template, locale, data: self.map(prefix, "data"), mail: self.mail(prefix) }
    }

    /// Keeps the fields that a mail alone has. What kind of value each is is all that is looked at here.
    fn mail(&mut self, prefix: &str) -> Map<String, Value> {
        let mut mail = Map::new();
        for name in OF_A_MAIL {
            let value = match name {
                "headers" => Some(self.map(prefix, name)).filter(|map| !map.is_empty()).map(Value::Object),
                "list" => self.word(prefix, name).map(Value::String),
                name => self.items(prefix, name),
            };
            mail.extend(value.map(|value| (name.to_owned(), value)));
        }
        mail
    }

    /// Reads a list. An empty one counts as absent.
    fn items(&mut self, prefix: &str, name: &'static str) -> Option<Value> {
        match self.take(name)? {
            Value::Array(items) => (!items.is_empty()).then_some(Value::Array(items)),
            other => {
                self.refuse(format!("{prefix}/{name}"), format!("must be a list, not {}", kind_of(&other)));
                None
            }
        }
    }

    fn word(&mut self, prefix: &str, name: &'static str) -> Option<String> {
        let text = self.string(prefix, name)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.len() > 64 || !text.bytes().all(allowed) {
            self.refuse(format!("{prefix}/{name}"), "must be 1 to 64 letters, digits, '_' or '-'");
            return None;
        }
        Some(text)
    }

    /// Reads an object. An empty list counts as an empty object: PHP writes one for the other.
    pub(super) fn map(&mut self, prefix: &str, name: &'static str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Array(items)) if items.is_empty() => Map::new(),
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

    pub(super) fn priority(&mut self) -> Priority {
        let Some(text) = self.string("", "priority") else { return Priority::default() };
        Priority::parse(&text.to_ascii_lowercase()).unwrap_or_else(|| {
            let hint =
                nearest(&text, ["low", "normal", "high", "urgent"]).map(|word| format!(": did you mean {word}?"));
            self.refuse("/priority", format!("must be low, normal, high or urgent{}", hint.unwrap_or_default()));
            Priority::default()
        })
    }

    /// Which providers there are is not decided here.
    pub(super) fn provider(&mut self) -> Option<String> {
        self.word("", "provider").map(|name| name.to_ascii_lowercase())
    }

    pub(super) fn instant(&mut self, name: &'static str) -> Option<Timestamp> {
        let text = self.string("", name)?;
        Timestamp::parse_rfc3339(&text).inspect_err(|error| self.refuse(format!("/{name}"), error.to_string())).ok()
    }

    pub(super) fn seconds(&mut self, name: &'static str) -> Option<u64> {
        let value = self.take(name)?;
        let seconds = whole(&value).filter(|seconds| (1..=MAX_SECONDS).contains(seconds));
        if seconds.is_none() {
            self.refuse(
                format!("/{name}"),
                format!("must be a whole number of seconds from 1 to {MAX_SECONDS} (ten years)"),
            );
        }
        seconds
    }

    pub(super) fn expiry(&mut self) -> Expiry {
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

    pub(super) fn has_error_at(&self, pointer: &str) -> bool {
        self.errors.iter().any(|error| error.pointer == pointer)
    }
}
