//! Reads the JSON object of a request to the fake itself, and keeps everything that is wrong with it.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};
use text::{FieldError, nearest_of_few, pointer_step};

use crate::exchange::Reply;

/// The longest text of a field, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// An object that is read field by field.
pub(crate) struct Fields {
    object: Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<FieldError>,
}

impl Fields {
    /// A body that is no object has no field, and that is what is wrong with it.
    pub(crate) fn of(body: Value) -> Self {
        match body {
            Value::Object(object) => Self { object, known: Vec::new(), problems: Vec::new() },
            _ => {
                let problem = FieldError { pointer: String::new(), detail: "the body must be a JSON object".into() };
                Self { object: Map::new(), known: Vec::new(), problems: vec![problem] }
            }
        }
    }

    /// The query of a request, whose values are texts.
    pub(crate) fn of_query(pairs: Vec<(String, String)>) -> Self {
        Self::of(Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
    }

    pub(crate) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        self.problems.push(FieldError { pointer: format!("/{}", pointer_step(name)), detail: detail.into() });
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether nothing that was read so far is wrong.
    pub(crate) fn are_right(&self) -> bool {
        self.problems.is_empty()
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null()).cloned()
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if (1..=MAX_TEXT_BYTES).contains(&text.len()) => Some(text),
            _ => {
                self.wrong(name, format!("must be a text of 1 to {MAX_TEXT_BYTES} bytes"));
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn needed(&mut self, name: &'static str) -> String {
        if !self.has(name) && !self.is_no_object() {
            self.wrong(name, "is missing");
        }
        self.text(name).unwrap_or_default()
    }

    /// One of several words.
    pub(crate) fn word(&mut self, name: &'static str, words: &[&'static str]) -> Option<&'static str> {
        let given = self.text(name)?;
        let found = words.iter().find(|word| **word == given).copied();
        if found.is_none() {
            let meant = did_you_mean(&given, words);
            self.wrong(name, format!("must be one of {}{meant}", words.join(", ")));
        }
        found
    }

    pub(crate) fn number(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let number = self.take(name)?.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(name, format!("must be a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.wrong(name, "must be true or false");
                false
            }
        }
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let given = self.take(name)?;
        let texts: Option<Vec<String>> =
            given.as_array().and_then(|list| list.iter().map(|text| Some(text.as_str()?.to_owned())).collect());
        if texts.is_none() {
            self.wrong(name, "must be a list of texts");
        }
        texts
    }

    fn is_no_object(&self) -> bool {
        self.problems.iter().any(|problem| problem.pointer.is_empty())
    }

    /// Ends the reading: whatever was asked for by nobody is wrong as well.
    ///
    /// # Errors
    /// The answer that names every wrong field.
    pub(crate) fn end(mut self) -> Result<(), Reply> {
        let unknown: Vec<String> =
            self.object.keys().filter(|name| !self.known.contains(&name.as_str())).cloned().collect();
        for name in unknown {
            let meant = did_you_mean(&name, &self.known);
            self.wrong(&name, format!("is not known{meant}"));
        }
        if self.problems.is_empty() { Ok(()) } else { Err(refused(&self.problems)) }
    }
}

/// The end of a problem with a word: the known word that it is near, or nothing.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let meant = nearest_of_few(word, known.iter().copied());
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

fn refused(problems: &[FieldError]) -> Reply {
    let errors: Vec<Value> =
        problems.iter().map(|problem| json!({ "field": problem.pointer, "detail": problem.detail })).collect();
    Reply::json(422, &json!({ "errors": errors }))
}
