//! Takes the fields of an object one by one, and collects what is wrong with them.

use std::time::Duration;

use serde_json::{Map, Value};
use text::{FieldError, check_subject, is_unsafe_in_a_line, nearest_of_few, plain, pointer_step, unseen};

use crate::Tenant;
use crate::ask::MAX_QUESTION_CHARS;

/// The longest word, such as the name of a group.
const MAX_WORD_BYTES: usize = 64;
/// Up to this number every whole one is told from its neighbours in a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The fields that are left of one object.
pub(super) struct Reader<'e> {
    /// Where the object stands, as a JSON pointer.
    prefix: String,
    object: Map<String, Value>,
    errors: &'e mut Vec<FieldError>,
}

impl<'e> Reader<'e> {
    pub(super) fn of(prefix: String, object: Map<String, Value>, errors: &'e mut Vec<FieldError>) -> Self {
        Self { prefix, object, errors }
    }

    /// A reader of an object that stands within this one.
    pub(super) fn within(&mut self, place: &str, object: Map<String, Value>) -> Reader<'_> {
        Reader { prefix: format!("{}/{place}", self.prefix), object, errors: &mut *self.errors }
    }

    /// `place` is the pointer within the object, without its first slash.
    pub(super) fn refuse(&mut self, place: &str, detail: impl Into<String>) {
        let pointer = if place.is_empty() { self.prefix.clone() } else { format!("{}/{place}", self.prefix) };
        self.errors.push(FieldError { pointer, detail: detail.into() });
    }

    /// Removes a field. None for `null`.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// A text of one line, for a header or a name. None for an empty one.
    pub(super) fn line(&mut self, name: &str, most_bytes: usize) -> Option<String> {
        let text = self.text(name).filter(|text| !text.is_empty())?;
        if let Some(bad) = text.chars().find(|c| is_unsafe_in_a_line(*c)) {
            self.refuse(name, format!("must not contain {}", unseen(bad)));
            return None;
        }
        if text.len() > most_bytes || text.trim().is_empty() {
            self.refuse(name, format!("must have 1 to {most_bytes} bytes"));
            return None;
        }
        Some(text)
    }

    /// A text of one line that must be there.
    pub(super) fn needed(&mut self, name: &str, most_bytes: usize) -> Option<String> {
        if !self.has(name) || self.object.get(name).and_then(Value::as_str) == Some("") {
            self.object.remove(name);
            self.refuse(name, "is missing");
            return None;
        }
        self.line(name, most_bytes)
    }

    pub(super) fn word(&mut self, name: &str) -> Option<String> {
        let text = self.text(name).filter(|text| !text.is_empty())?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.len() > MAX_WORD_BYTES || !text.bytes().all(allowed) {
            self.refuse(name, format!("must be 1 to {MAX_WORD_BYTES} letters, digits, '_' or '-'"));
            return None;
        }
        Some(text)
    }

    pub(super) fn question(&mut self) -> Option<String> {
        if !self.has("question") {
            self.object.remove("question");
            self.refuse("question", "is missing");
            return None;
        }
        let text = self.text("question")?;
        let chars = text.chars().count();
        if text.trim().is_empty() {
            self.refuse("question", "must not be empty");
        } else if chars > MAX_QUESTION_CHARS {
            self.refuse("question", format!("has {chars} characters, and may have {MAX_QUESTION_CHARS}"));
        } else if let Err(must) = text.lines().try_for_each(|line| check_subject(&line.replace('\t', " "))) {
            // Each line of it is one as a subject is: nothing in it turns what stands around it.
            self.refuse("question", must);
        }
        Some(text)
    }

    pub(super) fn tenant(&mut self) -> Tenant {
        let Some(text) = self.text("tenant").filter(|text| !text.is_empty()) else { return Tenant::default() };
        Tenant::parse(&text).unwrap_or_else(|| {
            self.refuse("tenant", "must be 1 to 64 letters, digits, '_' or '-'");
            Tenant::default()
        })
    }

    pub(super) fn version(&mut self) {
        let Some(value) = self.take("version") else { return };
        if whole(&value) != Some(1) {
            self.refuse("version", "must be the number 1");
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(other) => {
                self.refuse(name, format!("must be true or false, not {}", kind_of(&other)));
                false
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, (least, most): (u64, u64)) -> Option<u64> {
        let value = self.take(name)?;
        let number = whole(&value).filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.refuse(name, format!("must be a whole number from {least} to {most}"));
        }
        number
    }

    pub(super) fn seconds(&mut self, name: &str, (least, most): (u64, u64)) -> Option<Duration> {
        let value = self.take(name)?;
        let seconds = whole(&value).filter(|seconds| (least..=most).contains(seconds));
        if seconds.is_none() {
            let days = most / 86_400;
            self.refuse(name, format!("must be a whole number of seconds from {least} to {most} ({days} days)"));
        }
        seconds.map(Duration::from_secs)
    }

    /// Reads an object. An empty list counts as an empty object: PHP writes one for the other.
    pub(super) fn map(&mut self, name: &str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Array(items)) if items.is_empty() => Map::new(),
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.refuse(name, format!("must be an object, not {}", kind_of(&other)));
                Map::new()
            }
        }
    }

    /// Reads a list. None where it is absent or something else.
    pub(super) fn list(&mut self, name: &str, most: usize) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(items) if items.is_empty() => {
                self.refuse(name, "must not be empty");
                None
            }
            Value::Array(items) if items.len() > most => {
                self.refuse(name, format!("has {} items, and may have {most}", items.len()));
                None
            }
            Value::Array(items) => Some(items),
            other => {
                self.refuse(name, format!("must be a list, not {}", kind_of(&other)));
                None
            }
        }
    }

    /// Refuses what is left: none of it would be read.
    pub(super) fn refuse_unknown(&mut self, known: &[&str], synonyms: &[(&'static str, &str)]) {
        for name in std::mem::take(&mut self.object).keys() {
            let named = plain(name);
            let synonym = synonyms.iter().find(|(_, names)| names.split(' ').any(|one| one == named));
            let near = || nearest_of_few(name, known.iter().copied());
            let detail = match synonym.map(|(field, _)| *field).or_else(near) {
                Some(field) => format!("is not known: did you mean {field}?"),
                None => "is not known: fields of your own belong into metadata".to_owned(),
            };
            self.refuse(&pointer_step(name), detail);
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.refuse(name, format!("must be a string, not {}", kind_of(&other)));
                None
            }
        }
    }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A number without a fraction, in any notation.
fn whole(value: &Value) -> Option<u64> {
    let float = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=EXACT).contains(number));
    value.as_u64().or_else(|| float().map(|number| number as u64))
}
