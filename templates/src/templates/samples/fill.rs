//! Values for what a sample does not have, and the name in the sample that was most likely meant.

use domain::nearest_of_few;
use serde_json::{Map, Value};

/// The name in a sample that was most likely meant by the path of a variable. One that is not `in_data` is of an
/// element of a list, by the name that a loop gives it.
pub(super) fn meant(sample: &Map<String, Value>, variable: &str, in_data: bool) -> Option<String> {
    let (first, rest) = split(variable);
    if !in_data {
        let rest = rest?;
        let near = nearest_of_few(rest, elements(sample).flat_map(Map::keys).map(String::as_str));
        return near.filter(|near| *near != rest).map(|near| format!("{first}.{near}"));
    }
    match (sample.get(first), rest) {
        (Some(Value::Object(inner)), Some(rest)) => meant(inner, rest, true).map(|near| format!("{first}.{near}")),
        (Some(value), _) if !value.is_null() => None,
        (_, rest) => {
            let near = nearest(first, sample)?;
            Some(rest.map_or_else(|| near.to_owned(), |rest| format!("{near}.{rest}")))
        }
    }
}

/// Gives the data a value for a variable that is missing: that of the name which was most likely meant, or a word.
/// False when that changes nothing.
pub(super) fn stand_in(data: &mut Map<String, Value>, variable: &str, in_data: bool) -> bool {
    let (first, rest) = split(variable);
    if !in_data {
        return rest.is_some_and(|rest| {
            data.values_mut().filter_map(|value| in_elements(value, rest).then_some(())).count() > 0
        });
    }
    let is_missing = data.get(first).is_none_or(Value::is_null);
    if is_missing {
        let empty = || if rest.is_some() { Value::Object(Map::new()) } else { word() };
        let value = nearest(first, data).and_then(|near| data.get(near)).cloned().unwrap_or_else(empty);
        data.insert(first.to_owned(), value);
    }
    match (data.get_mut(first), rest) {
        (Some(Value::Object(inner)), Some(rest)) => stand_in(inner, rest, true) || is_missing,
        _ => is_missing,
    }
}

/// Gives every object in a list a value of this name, if it has none.
fn in_elements(value: &mut Value, name: &str) -> bool {
    let Value::Array(elements) = value else { return false };
    let mut changed = false;
    for element in elements {
        if let Value::Object(object) = element
            && object.get(name).is_none_or(Value::is_null)
        {
            object.insert(name.to_owned(), word());
            changed = true;
        }
    }
    changed
}

/// The objects in the lists of a sample.
fn elements(sample: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    sample.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object)
}

fn nearest<'d>(name: &str, data: &'d Map<String, Value>) -> Option<&'d str> {
    nearest_of_few(name, data.keys().map(String::as_str).filter(|key| *key != name))
}

fn split(variable: &str) -> (&str, Option<&str>) {
    variable.split_once('.').map_or((variable, None), |(first, rest)| (first, Some(rest)))
}

fn word() -> Value {
    Value::from("x")
}
