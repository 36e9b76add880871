//! A dead letter goes out by another channel, to the same recipient, as a delivery of its own.

use serde_json::Value;

use crate::fallback::OF_THE_PARENT;
use crate::notification::parse_object;
use crate::{ChannelName, Timestamp};

/// The body of a dead letter for another channel that reaches its recipient by the same address: under an id of its own,
/// to be sent now, and with the same end. A destination that is written with its channel before it is written without.
/// None for a body that cannot be read.
pub fn redirected_body(
    body: &[u8],
    id: &str,
    from: &ChannelName,
    to: &ChannelName,
    expires_at: Option<Timestamp>,
) -> Option<Vec<u8>> {
    let mut object = parse_object(body).ok()?;
    let destination = object.get("destination")?.as_str()?;
    let prefix = format!("{from}:");
    let bare = destination.strip_prefix(prefix.as_str()).unwrap_or(destination).to_owned();
    object.retain(|name, _| !OF_THE_PARENT.contains(&name.as_str()));
    object.insert("id".into(), Value::String(id.to_owned()));
    object.insert("channel".into(), Value::String(to.as_str().to_owned()));
    object.insert("destination".into(), Value::String(bare));
    match expires_at.map(|at| at.to_string()).filter(|at| Timestamp::parse_rfc3339(at).is_ok()) {
        Some(at) => drop(object.insert("expires_at".into(), Value::String(at))),
        None => drop(object.remove("expires_at")),
    }
    serde_json::to_vec(&Value::Object(object)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name).expect("a channel")
    }

    fn redirected(body: &Value, from: &str, to: &str, expires_at: Option<Timestamp>) -> Value {
        let body = serde_json::to_vec(body).expect("a body");
        let written = redirected_body(&body, "new", &channel(from), &channel(to), expires_at).expect("it can be read");
        serde_json::from_slice(&written).expect("JSON")
    }

    #[test]
    fn it_is_the_same_to_the_same_recipient_by_another_channel() {
        let body = json!({
            "id": "old", "channel": "whatsapp", "destination": "whatsapp:+12025550143", "message": "Hola",
            "send_at": "2026-03-01T12:00:00Z", "ttl_seconds": 60, "metadata": {"order": 7},
        });
        let expected = json!({
            "id": "new", "channel": "sms", "destination": "+12025550143", "message": "Hola", "metadata": {"order": 7},
            "expires_at": "2026-03-01T12:01:00Z",
        });
        let end = Timestamp::parse_rfc3339("2026-03-01T12:01:00Z").ok();
        assert_eq!(redirected(&body, "whatsapp", "sms", end), expected);
        let written = redirected(&json!({"destination": "+12025550143", "message": "Hola"}), "sms", "whatsapp", None);
        assert_eq!(
            written,
            json!({"id": "new", "channel": "whatsapp", "destination": "+12025550143", "message": "Hola"})
        );
    }

    #[test]
    fn what_cannot_be_read_goes_nowhere() {
        for body in [&b"{"[..], b"[]", b"{}", br#"{"destination": 7}"#] {
            assert_eq!(redirected_body(body, "new", &channel("sms"), &channel("whatsapp"), None), None);
        }
    }
}
