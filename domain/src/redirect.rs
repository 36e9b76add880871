//! A dead letter goes out by another way, to the same recipient, as a delivery of its own.

use serde_json::Value;

use crate::fallback::OF_THE_PARENT;
use crate::notification::parse_object;
use crate::{ChannelName, RedirectTo, Timestamp};

/// The body of a dead letter that goes to its recipient by another way: under an id of its own, to be sent now, and with the
/// same end. For another channel a destination that is written with its channel before it is written without. `from` is its
/// channel. None for a body that cannot be read.
pub fn redirected_body(
    body: &[u8],
    id: &str,
    from: &ChannelName,
    to: &RedirectTo,
    expires_at: Option<Timestamp>,
) -> Option<Vec<u8>> {
    let mut object = parse_object(body).ok()?;
    let destination = object.get("destination")?.as_str()?.to_owned();
    object.retain(|name, _| !OF_THE_PARENT.contains(&name.as_str()));
    object.insert("id".into(), Value::String(id.to_owned()));
    let (channel, destination) = match to {
        RedirectTo::Channel(channel) => {
            let prefix = format!("{from}:");
            let bare = destination.strip_prefix(prefix.as_str()).map(str::to_owned);
            (channel, bare.unwrap_or(destination))
        }
        RedirectTo::Provider(name) => {
            object.insert("provider".into(), Value::String(name.clone()));
            (from, destination)
        }
    };
    object.insert("channel".into(), Value::String(channel.as_str().to_owned()));
    object.insert("destination".into(), Value::String(destination));
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

    fn to(text: &str) -> RedirectTo {
        RedirectTo::parse(text).expect("a way")
    }

    fn redirected(body: &Value, from: &str, by: &str, expires_at: Option<Timestamp>) -> Value {
        let body = serde_json::to_vec(body).expect("a body");
        let written = redirected_body(&body, "new", &channel(from), &to(by), expires_at).expect("it can be read");
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
    fn by_a_provider_it_keeps_its_channel_and_its_recipient_and_names_nobody_else() {
        let body = json!({
            "id": "old", "destination": "whatsapp:+12025550143", "message": "Hola", "provider": "twilio",
            "send_at": "2026-03-01T12:00:00Z", "fallback": [{"channel": "sms", "destination": "+12025550143"}],
        });
        let expected = json!({
            "id": "new", "channel": "whatsapp", "destination": "whatsapp:+12025550143", "message": "Hola",
            "provider": "whatsapp_cloud", "fallback": [{"channel": "sms", "destination": "+12025550143"}],
        });
        assert_eq!(redirected(&body, "whatsapp", "provider:whatsapp_cloud", None), expected);
        let by_channel = redirected(&body, "whatsapp", "sms", None);
        assert_eq!(by_channel.get("provider"), None, "another channel has its own providers");
    }

    #[test]
    fn a_way_is_read_as_it_is_kept() {
        for text in ["whatsapp", "provider:smtp"] {
            assert_eq!(to(text).to_string(), text);
        }
        assert_eq!((to("provider:smtp").provider(), to("provider:smtp").channel()), (Some("smtp"), None));
        assert_eq!((to("sms").channel(), to("sms").provider()), (Some("sms"), None));
        assert_eq!(RedirectTo::parse("provider:"), None);
        assert_eq!(RedirectTo::parse(""), None);
    }

    #[test]
    fn what_cannot_be_read_goes_nowhere() {
        for body in [&b"{"[..], b"[]", b"{}", br#"{"destination": 7}"#] {
            assert_eq!(redirected_body(body, "new", &channel("sms"), &to("whatsapp"), None), None);
        }
    }
}
