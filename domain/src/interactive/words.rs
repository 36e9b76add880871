//! The words by which the reader of a message decides, in one form of bytes however their JSON was written.

use serde_json::{Map, Value};

use crate::{Content, content_of};

/// The hash of texts, each of which may be missing, and of data, whose names are sorted at every depth.
pub(super) fn content_of_words(texts: &[Option<&str>], data: &Map<String, Value>) -> Content {
    let mut text = String::new();
    for part in texts {
        write(&part.map_or(Value::Null, Value::from), &mut text);
        text.push(',');
    }
    write_object(data, &mut text);
    content_of(text.as_bytes())
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => write_object(object, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn write_object(object: &Map<String, Value>, text: &mut String) {
    let mut fields: Vec<(&String, &Value)> = object.iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in fields {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}
