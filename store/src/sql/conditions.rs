//! Conditions of a statement, all of which must hold, with their values.

use std::fmt::Write as _;

use domain::RecipientHash;

use super::value::Value;

#[derive(Default)]
pub(crate) struct Conditions<'a> {
    pub(crate) texts: Vec<String>,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Conditions<'a> {
    /// That each of these columns has the text that is asked for, where one is.
    pub(crate) fn equal(wanted: &[(&str, Option<&'a str>)]) -> Self {
        let mut all = Self::default();
        all.add_equal(wanted);
        all
    }

    /// Adds the same.
    pub(crate) fn add_equal(&mut self, wanted: &[(&str, Option<&'a str>)]) {
        for (column, text) in wanted.iter().filter(|(_, text)| text.is_some()) {
            self.add(&format!("{column} = ?"), [Value::Text(*text)]);
        }
    }

    /// Adds that a column has one of these hashes. None of them stands for any.
    pub(crate) fn add_hashes(&mut self, column: &str, hashes: &'a [RecipientHash]) {
        if !hashes.is_empty() {
            let places = vec!["?"; hashes.len()].join(", ");
            let hashes = hashes.iter().map(|hash| Value::Bytes(Some(hash.as_bytes())));
            self.add(&format!("{column} IN ({places})"), hashes);
        }
    }

    /// Adds a condition in which each `?` stands for the next of the values.
    pub(crate) fn add(&mut self, condition: &str, values: impl IntoIterator<Item = Value<'a>>) {
        let mut parts = condition.split('?');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            let _ = write!(text, "${}{part}", self.values.len());
        }
        self.texts.push(text);
    }

    pub(crate) fn text(&self) -> String {
        if self.texts.is_empty() { "TRUE".to_owned() } else { self.texts.join(" AND ") }
    }
}
