//! The next channel: a fallback is a delivery of its own, made from its parent's body.

use serde_json::{Map, Value};

use crate::{Key, child_id};
use crate::notification::parse_object;

/// The body of the first fallback: the parent's fields, with the item's own on top and the rest of the
/// list below. Its `expires_at` is the parent's. None when the body has no fallback.
pub fn child_body(parent: &Key, body: &[u8], expires_at: Option<crate::Timestamp>) -> Option<Vec<u8>> {
    let mut object = parse_object(body).ok()?;
    let Some(Value::Array(mut items)) = object.remove("fallback") else { return None };
    if items.is_empty() {
        return None;
    }
    let Value::Object(first) = items.remove(0) else { return None };
    let mut child: Map<String, Value> = object;
    // Words chosen for the parent's channel go when the item brings words of its own.
    if first.contains_key("message") || first.contains_key("template") {
        for name in ["subject", "message", "template"] {
            child.remove(name);
        }
    }
    child.extend(first);
    child.remove("send_at");
    child.remove("ttl_seconds");
    child.insert("id".into(), Value::String(child_id(parent, 1)));
    match expires_at {
        Some(at) => child.insert("expires_at".into(), Value::String(at.to_string())),
        None => child.remove("expires_at"),
    };
    if !items.is_empty() {
        child.insert("fallback".into(), Value::Array(items));
    }
    serde_json::to_vec(&Value::Object(child)).ok()
}
