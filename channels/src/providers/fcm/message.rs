//! The body of a request.

use media::push::{self, MAX_TTL_SECONDS, Target};
use serde_json::{Map, Value, json};

use crate::channel::Outgoing;

/// The body of `messages:send`. `validate_only` asks FCM to check the message and to deliver nothing.
///
/// Every attempt carries the same tag, so that a second copy replaces the first on the device. There is no
/// `android.collapse_key` but the publisher's: FCM keeps four of them per device, drops the messages of any others, and
/// ignores them for notifications.
///
/// The options of a publisher reach only the places that [`push::options`] has: they are no way to another recipient,
/// or to another tag.
pub(super) fn message(outgoing: &Outgoing<'_>, validate_only: bool) -> Value {
    let rendered = outgoing.rendered;
    let tag = outgoing.tag();
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
    let (field, id) = match Target::of(outgoing.destination) {
        Target::Token(token) => ("token", token),
        Target::Installation(fid) => ("fid", fid),
        Target::Topic(name) => ("topic", name),
    };
    message[field] = json!(id);
    for (place, value) in push::options(outgoing.data) {
        set(&mut message, place, value);
    }
    if let Some(expires) = outgoing.expires_at {
        let ttl = expires.since(outgoing.now).as_secs().clamp(1, MAX_TTL_SECONDS);
        let asked = message["android"]["ttl"].as_str().and_then(push::ttl_seconds);
        let android = asked.map_or(ttl, |asked| asked.min(ttl));
        message["android"]["ttl"] = json!(format!("{android}s"));
        message["apns"]["headers"]["apns-expiration"] = json!((expires.as_micros() / 1_000_000).to_string());
        message["webpush"]["headers"]["TTL"] = json!(ttl.to_string());
    }
    let mut request = json!({ "message": message });
    if validate_only {
        request["validateOnly"] = json!(true);
    }
    request
}

/// Sets the value at this place, a JSON pointer to a member of objects.
fn set(message: &mut Value, place: &str, value: Value) {
    let mut at = message;
    for step in place.split('/').skip(1) {
        at = &mut at[step];
    }
    *at = value;
}

/// The data as strings, which are all that FCM accepts.
fn data(given: &Map<String, Value>) -> Map<String, Value> {
    push::entries(given).map(|(name, text)| (name.to_owned(), json!(text))).collect()
}
