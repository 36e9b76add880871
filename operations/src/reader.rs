//! Takes the fields out of what somebody has written, and collects everything that is wrong with them.

use std::ops::RangeInclusive;

use domain::{FieldError, Tenant, Timestamp, nearest, pointer_step, whole};
use serde_json::{Map, Value};

use crate::checked::field;
use crate::deliveries::written::Rule;

/// What is told of a text that is the name of no tenant.
pub(crate) const MUST_BE_A_TENANT: &str = "must be 1 to 64 letters, digits, '_' or '-'";
/// The longest text that people write for people.
const MAX_WORDS_CHARS: usize = 500;

/// The fields that nobody has taken yet, and what was wrong with the others.
pub(crate) struct Reader {
    object: Map<String, Value>,
    pub(crate) errors: Vec<FieldError>,
}

impl Reader {
    pub(crate) fn of(object: Map<String, Value>) -> Self {
        Self::after(Vec::new(), object)
    }

    /// Reads on where these errors are known already.
    pub(crate) fn after(errors: Vec<FieldError>, object: Map<String, Value>) -> Self {
        Self { object, errors }
    }

    pub(crate) fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(field(format!("/{name}"), detail));
    }

    /// Whether anything is wrong with this field.
    pub(crate) fn has_refused(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.pointer.strip_prefix('/') == Some(name))
    }

    /// Takes a value out of the object. `null` counts as absent.
    pub(crate) fn value(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text out of the object. `null` counts as absent, and so does an empty text.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.given(name).filter(|text| !text.is_empty())
    }

    /// The same of a field whose empty text does not count as absent.
    pub(crate) fn given(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    /// What a rule makes of a text.
    pub(crate) fn ruled<T: 'static>(&mut self, name: &str, rule: Rule<T>) -> Option<T> {
        let text = self.text(name)?;
        let read = (rule.read)(&text);
        if read.is_none() {
            self.refuse(name, rule.must);
        }
        read
    }

    /// Takes a text of one line out of the object, without the space around it.
    pub(crate) fn line(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?.trim().to_owned();
        match words_in_a_line(&text) {
            Ok(()) => Some(text).filter(|text| !text.is_empty()),
            Err(refused) => {
                self.refuse(name, refused);
                None
            }
        }
    }

    /// Takes a text out that must be there; `what` says what it is. A field that is there under a name of its own is not
    /// called missing as well.
    pub(crate) fn required(&mut self, name: &str, what: &str) -> Option<String> {
        let text = self.text(name);
        let is_meant = |error: &FieldError| error.detail.ends_with(&format!("did you mean {name}?"));
        if text.is_none() && !self.has_refused(name) && !self.errors.iter().any(is_meant) {
            self.refuse(name, format!("is missing: {what}"));
        }
        text
    }

    /// A whole number. `null` counts as absent.
    pub(crate) fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(name)?;
        let number = whole(&value).filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(name, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// True or false, which stands also where nothing does.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.refuse(name, "must be true or false");
                false
            }
        }
    }

    /// The one of these values whose word a field has.
    pub(crate) fn one_of<T: Copy>(&mut self, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
        let text = self.text(name)?;
        let found = all.iter().copied().find(|&value| word(value) == text);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|&value| word(value)).collect();
            self.refuse(name, no_such(&text, &words));
        }
        found
    }

    /// The tenant that something is for: `own` where none is named.
    pub(crate) fn tenant(&mut self, own: &Tenant) -> Tenant {
        let Some(text) = self.text("tenant") else { return own.clone() };
        Tenant::parse(&text).unwrap_or_else(|| {
            self.refuse("tenant", MUST_BE_A_TENANT);
            own.clone()
        })
    }

    /// A time that is ahead; `without` says what leaving it out means.
    pub(crate) fn time_ahead(&mut self, name: &str, now: Timestamp, without: &str) -> Option<Timestamp> {
        let at = self.time(name)?;
        if at <= now {
            self.refuse(name, format!("lies in the past: leave it out for {without}"));
            return None;
        }
        Some(at)
    }

    /// A date and time with an offset.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        Timestamp::parse_rfc3339(&text).map_err(|error| self.refuse(name, error.to_string())).ok()
    }

    /// Refuses what is left over, with the field that `meant` finds for its name.
    pub(crate) fn refuse_unknown(&mut self, meant: impl Fn(&str) -> Option<&'static str>) {
        for (name, _) in std::mem::take(&mut self.object) {
            self.errors.push(unknown(&name, meant(&name)));
        }
    }
}

/// What is said of a field that nobody reads, with the one that is meant.
pub(crate) fn unknown(name: &str, meant: Option<&str>) -> FieldError {
    let hint = meant.map(|known| format!(": did you mean {known}?")).unwrap_or_default();
    field(format!("/{}", pointer_step(name)), format!("is not known here{hint}"))
}

/// Finds the field that a name stands for: one that is written nearly so, or one that `others` call so.
pub(crate) fn field_meant(
    name: &str,
    fields: impl IntoIterator<Item = &'static str>,
    others: &[(&'static str, &[&str])],
) -> Option<&'static str> {
    let called_so = || others.iter().find(|(_, names)| nearest(name, names.iter().copied()).is_some());
    nearest(name, fields).or_else(|| called_so().map(|(field, _)| *field))
}

/// What is said of a word that is none of these.
pub(crate) fn no_such(text: &str, words: &[&str]) -> String {
    let meant = nearest(text, words.iter().copied()).map(|near| format!(": did you mean {near}?"));
    format!("must be one of {}{}", words.join(", "), meant.unwrap_or_default())
}

/// Why something is done: it must be said, in one line.
///
/// # Errors
/// A text that begins with "must".
pub(crate) fn why(text: &str) -> Result<String, String> {
    let words = text.trim();
    if words.is_empty() {
        return Err("must say why, for whoever asks later".into());
    }
    words_in_a_line(words)?;
    Ok(words.to_owned())
}

/// # Errors
/// A text that begins with "must".
pub(crate) fn words_in_a_line(text: &str) -> Result<(), String> {
    if text.chars().count() > MAX_WORDS_CHARS {
        return Err(format!("must have at most {MAX_WORDS_CHARS} characters"));
    }
    if text.chars().any(domain::is_unsafe_in_a_line) {
        return Err("must be one line, without control characters and without those that turn text".into());
    }
    Ok(())
}
