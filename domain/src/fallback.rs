//! The next channel: a fallback is a delivery of its own, made from its parent's body.

use serde_json::{Map, Value};

use crate::notification::{OF_A_MAIL, OF_AN_ITEM, OF_AN_ITEM_ALONE, OF_THE_FLEET, is_absent, parse_object};
use crate::{Key, Timestamp, child_id};

/// Fields of the parent's body that say when it was to be sent and by whom, and that a child does not inherit.
pub(crate) const OF_THE_PARENT: [&str; 4] = ["send_at", "ttl_seconds", "max_lateness_seconds", "provider"];

/// The body of the first fallback: the parent's fields, overlaid by those of the fallback item, with the rest of the
/// fallback list. The tenant and the `expires_at` are the parent's. None when the body has no fallback.
pub(crate) fn child_body(parent: &Key, body: &[u8], expires_at: Option<Timestamp>) -> Option<Vec<u8>> {
    let mut object = parse_object(body).ok()?;
    let Some(Value::Array(mut items)) = object.remove("fallback") else { return None };
    if items.is_empty() {
        return None;
    }
    let Value::Object(mut first) = items.remove(0) else { return None };
    let is_own =
        |name: &str| (OF_AN_ITEM.contains(&name) && !OF_AN_ITEM_ALONE.contains(&name)) || OF_THE_FLEET.contains(&name);
    first.retain(|name, value| is_own(name) && !is_absent(name, value));
    let mut child: Map<String, Value> = object;
    // An item that brings words of its own replaces the words that were chosen for the parent's channel.
    if first.contains_key("message") || first.contains_key("template") {
        for name in ["subject", "message", "template"] {
            child.remove(name);
        }
    }
    // Copies and files were chosen for the parent's mail; the child may be no mail, or one to somebody else.
    child.retain(|name, _| !OF_A_MAIL.contains(&name.as_str()));
    // What the parent's reader answers with was made for that reader alone.
    child.retain(|name, _| !OF_THE_FLEET.contains(&name.as_str()));
    child.extend(first);
    child.retain(|name, _| !OF_THE_PARENT.contains(&name.as_str()));
    child.insert("id".into(), Value::String(child_id(parent, 1)));
    expiring(&mut child, expires_at);
    if !items.is_empty() {
        child.insert("fallback".into(), Value::Array(items));
    }
    serde_json::to_vec(&Value::Object(child)).ok()
}

/// Writes into a body when its delivery expires.
pub(crate) fn expiring(body: &mut Map<String, Value>, expires_at: Option<Timestamp>) {
    match expires_at.map(|at| at.to_string()).filter(|at| Timestamp::parse_rfc3339(at).is_ok()) {
        Some(at) => body.insert("expires_at".into(), Value::String(at)),
        // The delivery never expires, or only beyond the years that RFC 3339 can write.
        None => body.remove("expires_at"),
    };
}

#[cfg(test)]
mod tests;
