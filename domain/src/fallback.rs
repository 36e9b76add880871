//! The next channel: a fallback is a delivery of its own, made from its parent's body.

use serde_json::{Map, Value};

use crate::notification::{OF_AN_ITEM, is_absent, parse_object};
use crate::{Key, Timestamp, child_id};

/// What was the parent's alone.
const OF_THE_PARENT: [&str; 3] = ["send_at", "ttl_seconds", "max_lateness_seconds"];

/// The body of the first fallback: the parent's fields, with the item's own on top and the rest of the
/// list below. Its tenant and its `expires_at` are the parent's. None when the body has no fallback.
pub fn child_body(parent: &Key, body: &[u8], expires_at: Option<Timestamp>) -> Option<Vec<u8>> {
    let mut object = parse_object(body).ok()?;
    let Some(Value::Array(mut items)) = object.remove("fallback") else { return None };
    if items.is_empty() {
        return None;
    }
    let Value::Object(mut first) = items.remove(0) else { return None };
    first.retain(|name, value| OF_AN_ITEM.contains(&name.as_str()) && !is_absent(value));
    let mut child: Map<String, Value> = object;
    // Words chosen for the parent's channel go when the item brings words of its own.
    if first.contains_key("message") || first.contains_key("template") {
        for name in ["subject", "message", "template"] {
            child.remove(name);
        }
    }
    child.extend(first);
    child.retain(|name, _| !OF_THE_PARENT.contains(&name.as_str()));
    child.insert("id".into(), Value::String(child_id(parent, 1)));
    match expires_at.map(|at| at.to_string()).filter(|at| Timestamp::parse_rfc3339(at).is_ok()) {
        Some(at) => child.insert("expires_at".into(), Value::String(at)),
        // Never, or beyond the years that RFC 3339 can write.
        None => child.remove("expires_at"),
    };
    if !items.is_empty() {
        child.insert("fallback".into(), Value::Array(items));
    }
    serde_json::to_vec(&Value::Object(child)).ok()
}

#[cfg(test)]
mod tests;
