//! The body of a request.

use media::push::INSTALLATION_PREFIX;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::channel::Outgoing;

/// The longest time that FCM keeps a message for a device that is offline: four weeks.
const MAX_TTL_SECONDS: u64 = 28 * 24 * 60 * 60;

/// The body of `messages:send`.
///
/// Every attempt carries the same tag, so that a second copy replaces the first on the device. There is no
/// `android.collapse_key`: FCM keeps four of them per device, drops the messages of any others, and ignores them for
/// notifications.
pub(super) fn message(outgoing: &Outgoing<'_>) -> Value {
    let rendered = outgoing.rendered;
    let tag = Uuid::new_v5(&Uuid::NAMESPACE_OID, outgoing.key.to_string().as_bytes()).simple().to_string();
    let mut notification = json!({ "body": rendered.text });
    if let Some(title) = &rendered.subject {
        notification["title"] = json!(title);
    }
    let mut message = json!({
        "notification": notification,
        "data": data(outgoing.data),
        "android": { "notification": { "tag": tag } },
        "apns": { "headers": { "apns-collapse-id": tag } },
        "webpush": { "headers": { "Topic": tag }, "notification": { "tag": tag } },
    });
    match outgoing.destination.strip_prefix(INSTALLATION_PREFIX) {
        Some(fid) => message["fid"] = json!(fid),
        None => message["token"] = json!(outgoing.destination),
    }
    if let Some(expires) = outgoing.expires_at {
        let ttl = expires.since(outgoing.now).as_secs().clamp(1, MAX_TTL_SECONDS);
        message["android"]["ttl"] = json!(format!("{ttl}s"));
        message["apns"]["headers"]["apns-expiration"] = json!((expires.as_micros() / 1_000_000).to_string());
        message["webpush"]["headers"]["TTL"] = json!(ttl.to_string());
    }
    json!({ "message": message })
}

/// The data as strings, which are all that FCM accepts: other values are sent as their JSON text, and `null` is left
/// out.
fn data(given: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(json!(text)),
        other => Some(json!(other.to_string())),
    };
    given.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}
