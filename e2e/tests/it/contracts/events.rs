//! The schema of an event, from events of every transition.

use std::collections::{BTreeMap, BTreeSet};

use domain::State;
use serde_json::{Map, Value, json};

use super::samples;
use super::schema::over;
use super::words;

const WHOLE: &str = "A CloudEvent 1.0 in its structured mode. More attributes may be added.";
const DATA: &str = "What GET /deliveries/{id} shows, as far as the row knows it; of an inbound event, what a person has written. Never a \
     recipient of ours. More fields may be added.";

pub(super) fn event() -> Value {
    over(shape(&samples::events(), words::of_an_event), json!({"description": WHOLE}))
}

/// What the schema refers to.
pub(super) fn definitions() -> Value {
    let data: Vec<Value> = samples::events().into_iter().map(|mut event| event["data"].take()).collect();
    let mut schema = over(shape(&data, words::of_event_data), json!({"description": DATA}));
    let told: BTreeSet<&str> = data.iter().filter_map(|data| data["state"].as_str()).collect();
    let states: Vec<&str> = State::ALL.map(State::as_str).into_iter().filter(|state| told.contains(state)).collect();
    schema["properties"]["state"]["enum"] = json!(states);
    json!({"eventData": schema})
}

/// The object that all of these are: which fields it has, and which of them always.
pub(super) fn shape(samples: &[Value], said: fn(&str) -> Value) -> Value {
    let mut fields: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, value) in samples.iter().flat_map(|sample| sample.as_object().expect("an object")) {
        fields.entry(name).or_default().push(value);
    }
    let required: Vec<&str> =
        fields.iter().filter(|(_, values)| values.len() == samples.len()).map(|(name, _)| *name).collect();
    let property = |(name, values): (&&str, &Vec<&Value>)| ((*name).to_owned(), checked(name, said(name), values));
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// What is said of a field, if it is true of these values.
fn checked(name: &str, schema: Value, values: &[&Value]) -> Value {
    for value in values {
        let is_of_type = schema.get("type").is_none_or(|said| said == kind(value));
        let is_constant = schema.get("const").is_none_or(|said| said == *value);
        assert!(is_of_type && is_constant, "{name} is {schema}, and was told as {value}");
    }
    schema
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::Null => "null",
    }
}
