//! Push notifications to a device, or to whoever has subscribed to a topic: Android, Apple devices and browsers.

mod options;

use std::borrow::Cow;

use domain::{Ambiguity, nearest_of_few};
use serde_json::{Map, Value};

use crate::medium::{Carriage, Kind, Medium};
use crate::words::{Fault, Part, Words};

pub use self::options::{MAX_TTL_SECONDS, OPTIONS};

/// The longest registration token: one has about 160 bytes, and Google gives no limit.
const MAX_TOKEN_BYTES: usize = 4096;

/// The longest name of a topic that apps can subscribe to, by Firebase's SDK for Android.
const MAX_TOPIC_BYTES: usize = 900;

/// The largest message, in bytes: title, body, and the names and values of the data
/// (<https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type>).
const MAX_PAYLOAD_BYTES: usize = 4096;

/// The prefix of a destination that is an installation and not a registration token.
const INSTALLATION_PREFIX: &str = "fid:";

/// The prefix of a destination that is a topic. No registration token begins with it: what stands before the colon of a
/// token is an installation's id, of 11 or 22 characters.
const TOPIC_PREFIX: &str = "topic:";

/// The longest first word that is compared with a prefix.
const MAX_PREFIX_BYTES: usize = 8;

/// What a publisher who does not know the prefixes may write before a token.
const TOKEN_PREFIX: &str = "token:";

/// The prefix of a destination that is a device by Apple's own token, and not by one of Google's. No registration token
/// begins with it either.
pub const APPLE_PREFIX: &str = "apns:";

/// The shortest and the longest token of Apple's, in hexadecimal digits. Today's have 64, and Apple says that this may
/// change (<https://developer.apple.com/documentation/usernotifications/registering-your-app-with-apns>).
const APPLE_DIGITS: std::ops::RangeInclusive<usize> = 64..=256;

const MUST: &str = "must be a device's FCM registration token, fid: and a Firebase installation id, topic: and a name, or \
                    apns: and a device token of Apple's";

pub static MEDIUM: Medium = Medium {
    name: "push",
    example: "example-token:APA91bExampleOnly",
    kinds: &[Kind {
        prefix: APPLE_PREFIX,
        example: "apns:00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee",
    }],
    ambiguity: Ambiguity::Resend,
    check,
    compared,
    faults,
    has_subject: true,
    sends: |_| true,
    files: Carriage::Nothing,
    meant: options::meant,
};

/// Apple's token of a device, where a destination is one.
pub fn apple_token(destination: &str) -> Option<&str> {
    destination.strip_prefix(APPLE_PREFIX)
}

/// Whom a push by FCM is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// The device with this registration token.
    Token(&'a str),
    /// The installation of an app with this id.
    Installation(&'a str),
    /// Everybody who has subscribed to this topic.
    Topic(&'a str),
}

impl<'a> Target<'a> {
    pub fn of(destination: &'a str) -> Self {
        if let Some(fid) = destination.strip_prefix(INSTALLATION_PREFIX) {
            return Self::Installation(fid);
        }
        destination.strip_prefix(TOPIC_PREFIX).map_or(Self::Token(destination), Self::Topic)
    }
}

/// What the publisher sets of FCM's own fields: where FCM reads each within its message, as a JSON pointer, and its
/// value.
pub fn options(data: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    options::read(data).fields
}

/// The seconds of `android.ttl`, as an option has it.
pub fn ttl_seconds(text: &str) -> Option<u64> {
    options::seconds(text)
}

/// The data that travel to the app, as texts: other values as their JSON text, and neither `null` nor the options.
pub fn entries(data: &Map<String, Value>) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let travels = data.iter().filter(|(name, _)| *name != OPTIONS);
    travels.filter_map(|(name, value)| Some((name.as_str(), as_text(value)?)))
}

fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// The bytes of a push as FCM counts them: title, message, and the names and values of the data.
pub fn payload_bytes(words: &Words<'_>) -> usize {
    data_bytes(words.data) + words.text.len() + words.subject.map_or(0, str::len)
}

fn check(destination: &str) -> Result<(), String> {
    if let Some(token) = apple_token(destination) {
        return check_apple(token);
    }
    let of_a_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    let target = Target::of(destination);
    let valid = match target {
        Target::Topic(name) => (1..=MAX_TOPIC_BYTES).contains(&name.len()) && name.chars().all(options::is_of_a_name),
        Target::Token(id) | Target::Installation(id) => {
            (1..=MAX_TOKEN_BYTES).contains(&id.len()) && id.chars().all(of_a_token)
        }
    };
    let meant = if let Target::Token(token) = target { misspelt_prefix(token) } else { None };
    match meant {
        Some(TOKEN_PREFIX) => Err(format!("{MUST}; nothing stands before a token, no {TOKEN_PREFIX} either")),
        Some(prefix) => Err(format!("{MUST}: did you mean {prefix}, in lower case, at its beginning?")),
        None if valid => Ok(()),
        None => Err(MUST.into()),
    }
}

/// Apple's tokens are hexadecimal digits, which may be written in either case. All others are compared as they are.
fn compared(destination: &str) -> String {
    match apple_token(destination) {
        Some(token) => format!("{APPLE_PREFIX}{}", token.to_ascii_lowercase()),
        None => destination.to_owned(),
    }
}

fn check_apple(token: &str) -> Result<(), String> {
    let whole_bytes = APPLE_DIGITS.contains(&token.len()) && token.len().is_multiple_of(2);
    if whole_bytes && token.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(format!(
        "must have a device token of Apple's after {APPLE_PREFIX}, {} to {} hexadecimal digits",
        APPLE_DIGITS.start(),
        APPLE_DIGITS.end()
    ))
}

/// The prefix that was meant by what stands before the first colon of something that has no prefix of ours. What stands
/// there in a registration token is longer: see [`TOPIC_PREFIX`].
fn misspelt_prefix(token: &str) -> Option<&'static str> {
    let (word, _) = token.split_once(':').filter(|(word, _)| word.len() <= MAX_PREFIX_BYTES)?;
    nearest_of_few(word, [INSTALLATION_PREFIX, TOPIC_PREFIX, TOKEN_PREFIX, APPLE_PREFIX])
}

/// Finds names that FCM reserves for itself, options that cannot be set, and a message that is too large with its data.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let reserved = |name: &str| {
        let by_prefix = name.starts_with("google.") || name.starts_with("gcm.");
        name != OPTIONS && (by_prefix || matches!(name, "from" | "message_type"))
    };
    let has_none = words.data.get(OPTIONS).is_none_or(Value::is_null);
    let field = |(name, value): (&String, &Value)| {
        let is_meant = has_none && options::could_be_options(name, value);
        let hint = if is_meant { format!(": did you mean {OPTIONS}?") } else { String::new() };
        Fault { part: Part::Field(vec![name.clone()]), why: format!("is a key that FCM keeps for itself{hint}") }
    };
    let mut faults: Vec<Fault> = words.data.iter().filter(|(name, _)| reserved(name)).map(field).collect();
    faults.extend(options::read(words.data).faults);
    let (data, bytes) = (data_bytes(words.data), payload_bytes(words));
    if bytes > MAX_PAYLOAD_BYTES {
        let part = if data > MAX_PAYLOAD_BYTES / 2 { Part::Data } else { Part::Message };
        let why =
            format!("makes a push of {bytes} bytes with its title, message and data, FCM takes {MAX_PAYLOAD_BYTES}");
        faults.push(Fault { part, why });
    }
    faults
}

/// The bytes of the names and values that travel to the app.
fn data_bytes(data: &Map<String, Value>) -> usize {
    entries(data).map(|(name, text)| name.len() + text.len()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn options_are_no_data_of_the_app_and_count_for_nothing() {
        let options = json!({ "android": { "priority": "high" }, "notification": { "image": "https://a.example/b" } });
        let data = Map::from_iter([("k".to_owned(), json!("v")), (OPTIONS.to_owned(), options)]);
        assert_eq!(accept(&data), Ok(()));
        assert_eq!(
            payload_bytes(&Words { subject: Some("Hola"), text: "Your code", data: &data, mail: None }),
            4 + 9 + 2
        );
        let data = Map::from_iter([(OPTIONS.to_owned(), json!({ "android": { "ttl": 5 }, "token": "x" }))]);
        let why = accept(&data).unwrap_err();
        assert!(
            why.contains("data/google.fcm/android/ttl must") && why.contains("data/google.fcm/token is no"),
            "{why}"
        );
        for near in ["google.fcm.x", "google.fc", "google.FCM", "google.fmc"] {
            let data = Map::from_iter([(near.to_owned(), json!({}))]);
            let told = format!("data/{near} is a key that FCM keeps for itself: did you mean google.fcm?");
            assert_eq!(accept(&data), Err(told));
        }
    }

    #[test]
    fn options_that_would_be_refused_too_are_not_said_to_be_meant() {
        for near in ["google.c", "google.fcm.x", "google.fc", "google.FCM"] {
            let told = format!("data/{near} is a key that FCM keeps for itself");
            for value in [json!("x"), json!(7), json!([]), Value::Null, json!({ "android": { "ttl": 5 } })] {
                let data = Map::from_iter([(near.to_owned(), value)]);
                assert_eq!(accept(&data), Err(told.clone()), "{data:?}");
            }
            let beside = Map::from_iter([(near.to_owned(), json!({})), (OPTIONS.to_owned(), json!({}))]);
            assert_eq!(accept(&beside), Err(told), "the options are there already");
        }
    }

    #[test]
    fn a_destination_is_a_token_an_installation_or_a_topic() {
        for (destination, target) in [
            ("dGhpcyBpcyBhIGZpZA:APA91b-x_y", Target::Token("dGhpcyBpcyBhIGZpZA:APA91b-x_y")),
            ("topic", Target::Token("topic")),
            ("fid:cYx1zJ0aRk6Z3n2vTqWm4L", Target::Installation("cYx1zJ0aRk6Z3n2vTqWm4L")),
            ("topic:news-2026_es.PE~a%20b", Target::Topic("news-2026_es.PE~a%20b")),
        ] {
            assert_eq!((Target::of(destination), check(destination)), (target, Ok(())), "{destination}");
        }
        assert_eq!(check(&format!("topic:{}", "x".repeat(900))), Ok(()));
        let long = format!("topic:{}", "x".repeat(901));
        for bad in
            ["topic:", "topic:a b", "topic:a:b", "topic:/topics/a", "topic:ñ", "/topics/a", "a%20b", "fid:", &long]
        {
            assert!(check(bad).is_err_and(|why| why.starts_with("must be") && why.contains("topic:")), "{bad}");
        }
        assert!(check("topic:'a' in topics && 'b' in topics").is_err(), "a condition is no topic");
    }

    #[test]
    fn a_misspelt_prefix_makes_no_token_and_is_told_with_the_prefix_that_was_meant() {
        for (destination, meant) in [
            ("Topic:news", "topic:"),
            ("TOPIC:news", "topic:"),
            ("topc:news", "topic:"),
            ("topics:news", "topic:"),
            ("tpoic:news", "topic:"),
            ("topic :news", "topic:"),
            ("FID:abc", "fid:"),
            ("fiid:abc", "fid:"),
            ("APNS:00c0ffee", "apns:"),
            ("apn:00c0ffee", "apns:"),
        ] {
            let why = check(destination).unwrap_err();
            assert!(why.starts_with(MUST) && why.contains(&format!("did you mean {meant}")), "{destination}: {why}");
        }
        for destination in ["token:abc", "Token:abc", "tokens:abc"] {
            let why = check(destination).unwrap_err();
            assert!(why.ends_with("nothing stands before a token, no token: either"), "{destination}: {why}");
        }
        for token in ["topical-one:APA91b", "dGhpcyBpcyBhIGZpZA:topic:x", "abc:x", "topics", "fiid", ":x"] {
            assert_eq!(check(token), Ok(()), "{token}");
        }
    }

    #[test]
    fn what_begins_with_apns_is_a_token_of_apples_and_nothing_else_is() {
        for digits in [64, 66, 200, 256] {
            let destination = format!("apns:{}", "aF".repeat(digits / 2));
            assert_eq!((check(&destination), MEDIUM.kind_of(&destination)), (Ok(()), "apns:"), "{digits}");
            assert_eq!(apple_token(&destination), Some(&destination[5..]));
        }
        let odd = "0".repeat(65);
        for bad in ["", "0", &"0".repeat(62), &odd, &"0".repeat(258), &"g".repeat(64), &format!("<{odd}"), "topic:news"]
        {
            let destination = format!("apns:{bad}");
            let why = "must have a device token of Apple's after apns:, 64 to 256 hexadecimal digits";
            assert_eq!((check(&destination), MEDIUM.kind_of(&destination)), (Err(why.to_owned()), "apns:"), "{bad}");
        }
        for other in ["0".repeat(64), format!("APNS:{}", "0".repeat(64)), "fid:apns".into(), "topic:apns".into()] {
            assert_eq!((apple_token(&other), MEDIUM.kind_of(&other)), (None, ""), "{other}");
        }
    }

    fn accept(data: &Map<String, Value>) -> Result<(), String> {
        MEDIUM.accept(MEDIUM.example, &Words { subject: Some("Hola"), text: "Your code", data, mail: None })
    }
}
