//! The pieces that all schemas are made of.

use serde_json::{Map, Value, json};

/// A name of a tenant, a template or a locale.
pub(super) const WORD: &str = "^[A-Za-z0-9_-]{1,64}$";

/// A schema that stands among the definitions of the same document.
pub(super) fn defined(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

pub(super) fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

pub(super) fn instant(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

pub(super) fn whole(description: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": description})
}

/// The first with the fields of the second over it.
pub(super) fn over(mut schema: Value, more: Value) -> Value {
    let fields = schema.as_object_mut().expect("an object");
    fields.extend(object(more));
    schema
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// The schema that stands alone in a file, with the definitions that it refers to.
pub(super) fn alone(name: &str, title: &str, schema: Value, definitions: Value) -> Value {
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:chasqui:schema:{name}"),
        "title": title,
        "$defs": definitions,
    });
    over(schema, head)
}
