//! What a JSON value is, wherever it stands: absent, a whole number, too large, or a text that no database accepts.

use serde_json::{Map, Number, Value};
use text::pointer_step;

/// The most numbers that one refusal names.
const MAX_NUMBERS_NAMED: usize = 8;

/// Fields in which an empty text is a mistake, or a text like any other.
const EVEN_EMPTY: [&str; 3] = ["channel", "destination", "message"];

/// Whether a field of a body or of an item counts as absent: `null` does, and so does an empty text, which typed
/// languages write for an absent one. An empty list does not: it is an empty object, or a list without items.
pub(crate) fn is_absent(name: &str, value: &Value) -> bool {
    value.is_null() || (value.as_str() == Some("") && !EVEN_EMPTY.contains(&name))
}

/// A number without a fraction, in any notation: 600, 600.0 and 6e2 are the same.
pub fn whole(value: &Value) -> Option<u64> {
    /// Beyond this number a float has no fraction to look at.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=EXACT).contains(number));
    value.as_u64().or_else(|| float().map(|number| number as u64))
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

/// The pointers of the first numbers that are too large for other programs to read.
pub(super) fn numbers_beyond(object: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    if object.values().any(has_beyond) {
        object.iter().for_each(|(name, value)| find_beyond(&format!("/{}", pointer_step(name)), value, &mut found));
    }
    found
}

/// Whether a value holds a number that is too large for a double, as which most programs read numbers.
fn has_beyond(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_beyond(number),
        Value::Array(items) => items.iter().any(has_beyond),
        Value::Object(map) => map.values().any(has_beyond),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn is_beyond(number: &Number) -> bool {
    let written = number.as_str();
    let large = written.len() > 300 || written.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    large && number.as_f64().is_none()
}

/// Collects the pointers of the first numbers that are too large for a double.
fn find_beyond(pointer: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        _ if found.len() == MAX_NUMBERS_NAMED => {}
        Value::Number(number) if is_beyond(number) => found.push(pointer.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| find_beyond(&format!("{pointer}/{at}"), item, found));
        }
        Value::Object(map) => {
            map.iter().for_each(|(name, item)| find_beyond(&format!("{pointer}/{}", pointer_step(name)), item, found));
        }
        _ => {}
    }
}

/// Whether a value holds the character NUL, which databases refuse in text and no reader shows.
pub(super) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
