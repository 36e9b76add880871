//! A message to a topic: each member of it is told by a delivery of their own.

use serde_json::{Map, Value};

use crate::fallback::{OF_THE_PARENT, expiring};
use crate::identity::member_id;
use crate::notification::{FIELDS, OF_A_MAIL, parse_object};
use crate::{InboxAddress, Key, Timestamp};

/// Makes of a message to a topic the deliveries of its members.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    topic: &'a Key,
    body: Map<String, Value>,
}

impl<'a> Members<'a> {
    /// `topic` is the delivery to the topic, and `body` what its publisher has written. The tenant is that of the topic, and
    /// the `expires_at` this one. None when the body is no object.
    pub fn of(topic: &'a Key, body: &[u8], expires_at: Option<Timestamp>) -> Option<Self> {
        let mut body = parse_object(body).ok()?;
        body.retain(|name, _| is_for_a_member(name));
        expiring(&mut body, expires_at);
        Some(Self { topic, body })
    }

    /// The id and the body of the delivery of one member: always the same, so that one that is published twice is one.
    pub fn delivery(&mut self, user: &str) -> (String, Vec<u8>) {
        let id = member_id(self.topic, user);
        self.body.insert("id".into(), Value::String(id.clone()));
        self.body.insert("destination".into(), Value::String(InboxAddress::User(user).to_string()));
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        (id, body)
    }
}

/// Whether the delivery of a member has this field of the topic's. What is not read, and what a mail alone has, changes nothing
/// there: its publisher is warned at the delivery to the topic, once, and not at that of every member.
fn is_for_a_member(name: &str) -> bool {
    FIELDS.contains(&name) && !OF_A_MAIL.contains(&name) && !OF_THE_PARENT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{NOW, key};

    #[test]
    fn each_member_has_one_delivery_which_says_what_the_topic_was_told() {
        let body = br#"{"channel":"inapp","destination":"topic:analysts","message":"Hola","id":"t-1","ttl_seconds":60,
            "send_at":"2026-03-01T12:00:00Z","metadata":{"n":1.50}}"#;
        let topic = key("t-1");
        let mut members = Members::of(&topic, body, Some(NOW)).unwrap();
        let (id, written) = members.delivery("ana");
        let (of_ben, _) = members.delivery("ben");
        assert_eq!(members.delivery("ana"), (id.clone(), written.clone()), "the same again");
        assert_ne!(id, of_ben);
        let read: Value = serde_json::from_slice(&written).unwrap();
        let expected = serde_json::json!({
            "channel": "inapp", "destination": "user:ana", "message": "Hola", "id": id,
            "expires_at": NOW.to_string(), "metadata": {"n": 1.5},
        });
        assert_eq!(read["destination"], expected["destination"]);
        assert_eq!((&read["id"], &read["expires_at"]), (&expected["id"], &expected["expires_at"]));
        assert_eq!(read.as_object().unwrap().len(), 6, "{read}");
        assert!(String::from_utf8(written).unwrap().contains("1.50"), "numbers keep their digits");
        assert!(Members::of(&topic, b"[]", None).is_none());
    }

    #[test]
    fn what_a_publisher_is_warned_of_at_the_topic_stands_in_no_delivery_of_a_member() {
        let body = br#"{"channel":"inapp","destination":"topic:analysts","message":"Hola","order":7,"Metadata":{},
            "reply_to":["a@example.org"],"cc":["b@example.org"],"headers":{"X-Order":"7"},
            "attachments":[{"file":"f-1"}],"list":"news","interactive":{"purpose":"answer"},"priority":"high"}"#;
        let topic = key("t-1");
        let (_, written) = Members::of(&topic, body, None).unwrap().delivery("ana");
        let read: Map<String, Value> = serde_json::from_slice(&written).unwrap();
        let mut names: Vec<&str> = read.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["channel", "destination", "id", "message", "priority"]);
    }
}
