//! The envelope of a message in the contract: its headers and properties, from messages as they are published.

use std::collections::BTreeMap;

use lapin::BasicProperties;
use lapin::types::AMQPValue;
use serde_json::{Map, Value, json};

use super::schema::over;
use super::words;

/// The headers that these messages have, beside others.
pub(super) fn headers(description: &str, samples: &[BasicProperties]) -> Value {
    let mut kinds = BTreeMap::new();
    for table in samples.iter().filter_map(|sample| sample.headers().as_ref()) {
        kinds.extend(table.inner().iter().map(|(name, value)| (name.as_str(), kind(value))));
    }
    let properties: Map<String, Value> = kinds
        .into_iter()
        .map(|(name, kind)| {
            let said = words::of_a_header(name);
            assert_eq!(said["type"], json!(kind), "{name}");
            (name.to_owned(), said)
        })
        .collect();
    json!({"type": "object", "description": description, "additionalProperties": true, "properties": properties})
}

fn kind(value: &AMQPValue) -> &'static str {
    match value {
        AMQPValue::Boolean(_) => "boolean",
        AMQPValue::LongLongInt(_) => "integer",
        AMQPValue::LongString(_) => "string",
        other => panic!("a header of ours is {other:?}"),
    }
}

/// The properties that these messages have. `more` is what is said of some of them besides.
pub(super) fn properties(samples: &[BasicProperties], more: &[(&str, Value)]) -> Value {
    let mut properties: Map<String, Value> =
        samples.iter().flat_map(names).map(|name| (name.to_owned(), words::of_a_property(name))).collect();
    for (name, said) in more {
        let known = properties.remove(*name).unwrap_or_else(|| panic!("no {name} is published"));
        properties.insert((*name).to_owned(), over(known, said.clone()));
    }
    json!({"type": "object", "properties": properties})
}

fn names(sample: &BasicProperties) -> Vec<&'static str> {
    let is_there = [
        ("message_id", sample.message_id().is_some()),
        ("delivery_mode", *sample.delivery_mode() == Some(2)),
        ("timestamp", sample.timestamp().is_some()),
        ("content_type", sample.content_type().is_some()),
        ("content_encoding", sample.content_encoding().is_some()),
        ("correlation_id", sample.correlation_id().is_some()),
        ("reply_to", sample.reply_to().is_some()),
        ("type", sample.kind().is_some()),
        ("app_id", sample.app_id().is_some()),
        ("user_id", sample.user_id().is_some()),
        ("expiration", sample.expiration().is_some()),
        ("priority", sample.priority().is_some()),
    ];
    is_there.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}
