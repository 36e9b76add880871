//! A message's data as the renderer's values. A number is printed as its publisher wrote it.

use serde_json::{Map, Number, Value};
use tera::Context;

/// How the renderer gets a number that it would print in other digits than its publisher wrote: `19.90`, `1e5`, more
/// than 17 digits. Whole numbers of up to 128 bits, and all others, are always numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Numbers {
    /// The number becomes a text of its digits.
    AsWritten,
    /// The number becomes the nearest float, for a template that computes with it.
    ToComputeWith,
}

/// The data of one rendering.
pub(crate) struct Data {
    pub(crate) context: Context,
    /// Whether some numbers in here are texts.
    pub(crate) numbers_as_text: bool,
}

/// The data of a message as the renderer's values. A null at the top counts as missing, so that `default` and `if`
/// treat both alike.
pub(crate) fn context(data: &Map<String, Value>, numbers: Numbers) -> Data {
    let mut reading = Reading { numbers, numbers_as_text: false };
    let mut context = Context::new();
    for (name, value) in data.iter().filter(|(_, value)| !value.is_null()) {
        context.insert_value(name.clone(), reading.value(value));
    }
    Data { context, numbers_as_text: reading.numbers_as_text }
}

struct Reading {
    numbers: Numbers,
    numbers_as_text: bool,
}

impl Reading {
    fn value(&mut self, value: &Value) -> tera::Value {
        match value {
            Value::Null => tera::Value::none(),
            Value::Bool(truth) => (*truth).into(),
            Value::Number(number) => self.number(number),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect::<Vec<_>>().into(),
            Value::Object(entries) => {
                let entries = entries.iter().map(|(name, value)| (name.clone().into(), self.value(value)));
                entries.collect::<tera::Map>().into()
            }
        }
    }

    fn number(&mut self, number: &Number) -> tera::Value {
        let written = number.as_str();
        if let Some(whole) = whole(written) {
            return whole;
        }
        let float = number.as_f64().map(tera::Value::from);
        match float {
            Some(float) if self.numbers == Numbers::ToComputeWith || float.to_string() == written => float,
            _ => {
                self.numbers_as_text = true;
                written.into()
            }
        }
    }
}

/// A whole number. None for one that has a fraction or an exponent, needs more than 128 bits, or is `-0`.
fn whole(written: &str) -> Option<tera::Value> {
    let small = || written.parse::<i64>().map(tera::Value::from);
    let large = || written.parse::<i128>().map(tera::Value::from);
    let larger = || written.parse::<u128>().map(tera::Value::from);
    if written == "-0" { None } else { small().or_else(|_| large()).or_else(|_| larger()).ok() }
}
