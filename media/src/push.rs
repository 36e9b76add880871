//! Push notifications to a device: Android, Apple devices and browsers.

use domain::Ambiguity;
use serde_json::Value;

use crate::medium::Medium;
use crate::words::{Fault, Part, Words};

/// The longest registration token: one has about 160 bytes, and Google gives no limit.
const MAX_TOKEN_BYTES: usize = 4096;

/// The largest message, in bytes: title, body, and the names and values of the data
/// (<https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type>).
const MAX_PAYLOAD_BYTES: usize = 4096;

/// The prefix of a destination that is an installation and not a registration token.
pub const INSTALLATION_PREFIX: &str = "fid:";

pub static MEDIUM: Medium =
    Medium { name: "push", example: "example-token:APA91bExampleOnly", ambiguity: Ambiguity::Resend, check, faults };

fn check(destination: &str) -> Result<(), String> {
    let token = destination.strip_prefix(INSTALLATION_PREFIX).unwrap_or(destination);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.');
    if (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(allowed) {
        return Ok(());
    }
    Err("must be a device's FCM registration token, or fid: and a Firebase installation id".into())
}

/// Finds names that FCM reserves for itself, and a message that is too large with its data.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let reserved =
        |name: &str| matches!(name, "from" | "message_type") || name.starts_with("google.") || name.starts_with("gcm.");
    let field =
        |name: &String| Fault { part: Part::Field(name.clone()), why: "is a key that FCM keeps for itself".into() };
    let mut faults: Vec<Fault> = words.data.keys().filter(|name| reserved(name)).map(field).collect();
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.len()),
        other => Some(other.to_string().len()),
    };
    let data: usize = words.data.iter().filter_map(|(name, value)| Some(name.len() + text(value)?)).sum();
    let bytes = data + words.text.len() + words.subject.map_or(0, str::len);
    if bytes > MAX_PAYLOAD_BYTES {
        let part = if data > MAX_PAYLOAD_BYTES / 2 { Part::Data } else { Part::Message };
        let why =
            format!("makes a push of {bytes} bytes with its title, message and data, FCM takes {MAX_PAYLOAD_BYTES}");
        faults.push(Fault { part, why });
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn keys_that_fcm_keeps_for_itself_are_refused_by_name_all_at_once() {
        let reserved = ["from", "gcm.notification.x", "google.x", "message_type"];
        for key in reserved {
            let data = Map::from_iter([(key.to_owned(), json!("x"))]);
            assert_eq!(accept(&data), Err(format!("data/{key} is a key that FCM keeps for itself")));
        }
        let data =
            reserved.iter().chain(&["fromage", "gcm", "googles"]).map(|key| ((*key).to_owned(), json!("x"))).collect();
        let all = reserved.map(|key| format!("data/{key} is a key that FCM keeps for itself")).join("; ");
        assert_eq!(accept(&data), Err(all));
    }

    #[test]
    fn a_payload_beyond_what_fcm_takes_is_refused_before_it_is_sent() {
        let left = 4096 - "Hola".len() - "Your code".len() - "key".len();
        for (bytes, fits) in [(left, true), (left + 1, false)] {
            let data = Map::from_iter([("key".to_owned(), json!("x".repeat(bytes))), ("none".to_owned(), Value::Null)]);
            let accepted = accept(&data);
            assert_eq!(accepted.is_ok(), fits, "{bytes}");
            assert!(accepted.err().is_none_or(|why| why.starts_with("data makes a push of 4097 bytes")));
        }
    }

    fn accept(data: &Map<String, Value>) -> Result<(), String> {
        MEDIUM.accept(MEDIUM.example, &Words { subject: Some("Hola"), text: "Your code", data })
    }
}
