//! Web Push: a notification to one browser, at the endpoint of its push subscription.
//!
//! Sources: <https://www.w3.org/TR/push-api/#push-subscription> for a subscription, RFC 8030 for its endpoint, and RFC
//! 8291 for its keys.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::Ambiguity;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::host;
use crate::line;
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

/// The largest payload, in bytes, that every push service takes once it is encrypted (RFC 8291 section 4): 4096 bytes
/// (RFC 8030 section 7.2) less 86 of the header, 1 of padding and 16 that authenticate it.
const MAX_PAYLOAD_BYTES: usize = 3993;

/// The characters of a tag, which is the topic of the message as well (RFC 8030 section 5.4).
const TAG_CHARS: usize = 32;

/// The bytes of a point on P-256 that is not compressed, and its first byte.
const KEY_BYTES: usize = 65;
const UNCOMPRESSED: u8 = 4;
/// The bytes of the secret that authenticates a message (RFC 8291 section 3.2).
const AUTH_BYTES: usize = 16;

/// The members of a subscription, as `PushSubscription.toJSON` gives them.
const MEMBERS: [&str; 3] = ["endpoint", "expirationTime", "keys"];
const KEYS: [&str; 2] = ["p256dh", "auth"];

/// Browsers write no padding, and some libraries do.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub static MEDIUM: Medium = Medium {
    name: "webpush",
    // The keys are those of RFC 8291 appendix A.
    example: r#"{"endpoint":"https://push.example.org/send/example-only","keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}"#,
    kinds: &[],
    ambiguity: Ambiguity::Resend,
    check: |destination| Subscription::read(destination).map(|_| ()),
    compared: |destination| {
        Subscription::read(destination).map_or_else(|_| destination.to_owned(), |browser| browser.endpoint.to_string())
    },
    faults,
    has_subject: true,
    sends: |_| true,
    files: Carriage::Nothing,
    meant: |_, _| None,
};

/// Where one browser is reached, and the keys with which a message is sealed for it. Nothing of it is shown: whoever
/// knows it may send to that browser.
pub struct Subscription {
    pub endpoint: Url,
    /// The browser's public key.
    pub p256dh: Vec<u8>,
    /// The secret that authenticates a message.
    pub auth: Vec<u8>,
}

impl Subscription {
    /// Reads the JSON text that a browser makes of its subscription.
    ///
    /// # Errors
    /// Everything that is wrong with it, as one text that begins with "must" and quotes nothing.
    pub fn read(destination: &str) -> Result<Self, String> {
        line::check(destination)?;
        let Ok(Value::Object(given)) = serde_json::from_str(destination) else {
            return Err("must be a push subscription as a browser gives it, by JSON.stringify".into());
        };
        let mut faults = Vec::new();
        let mut keep = |fault: String| faults.push(fault);
        if has_others(&given, &MEMBERS) {
            keep(format!("has a member that is none of {}", MEMBERS.join(", ")));
        }
        if !matches!(given.get("expirationTime"), None | Some(Value::Null | Value::Number(_))) {
            keep("expirationTime must be null or a number".into());
        }
        let endpoint = text(&given, "endpoint").and_then(endpoint);
        if endpoint.is_none() {
            keep(
                "endpoint must be an https URL as a browser writes it, with a host that there can be, and without a \
                 user, a password and a fragment"
                    .into(),
            );
        }
        let none = Map::new();
        let keys = given.get("keys").and_then(Value::as_object).unwrap_or(&none);
        if has_others(keys, &KEYS) {
            keep(format!("keys has a member that is none of {}", KEYS.join(", ")));
        }
        let p256dh = bytes(keys, "p256dh", KEY_BYTES).filter(|key| key.first() == Some(&UNCOMPRESSED));
        if p256dh.is_none() {
            keep("keys.p256dh must be a public key of P-256, 65 bytes in base64url".into());
        }
        let auth = bytes(keys, "auth", AUTH_BYTES);
        if auth.is_none() {
            keep("keys.auth must be 16 bytes in base64url".into());
        }
        match (endpoint, p256dh, auth) {
            (Some(endpoint), Some(p256dh), Some(auth)) if faults.is_empty() => Ok(Self { endpoint, p256dh, auth }),
            _ => Err(format!("must be a push subscription as a browser gives it: {}", faults.join("; "))),
        }
    }
}

/// The payload that the service worker of the page reads, as JSON. The tag is the same for every attempt, so that a
/// second copy that is shown with it replaces the first.
pub fn payload(words: &Words<'_>, tag: &str) -> Vec<u8> {
    let mut shown = Map::new();
    if let Some(title) = words.subject {
        shown.insert("title".into(), title.into());
    }
    shown.insert("body".into(), words.text.into());
    shown.insert("tag".into(), tag.into());
    if !words.data.is_empty() {
        shown.insert("data".into(), Value::Object(words.data.clone()));
    }
    Value::Object(shown).to_string().into_bytes()
}

/// Finds a message that is too large with its data.
fn faults(words: &Words<'_>) -> Vec<Fault> {
    let bytes = payload(words, &"x".repeat(TAG_CHARS)).len();
    if bytes <= MAX_PAYLOAD_BYTES {
        return Vec::new();
    }
    let written: usize = words.subject.map_or(0, str::len) + words.text.len();
    let part = if written > MAX_PAYLOAD_BYTES / 2 { Part::Message } else { Part::Data };
    let why = format!(
        "makes a push of {bytes} bytes with its title, message and data as JSON, Web Push takes {MAX_PAYLOAD_BYTES}"
    );
    vec![Fault { part, why }]
}

fn has_others(given: &Map<String, Value>, members: &[&str]) -> bool {
    given.keys().any(|name| !members.contains(&name.as_str()))
}

fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    given.get(name)?.as_str()
}

fn bytes(given: &Map<String, Value>, name: &str, count: usize) -> Option<Vec<u8>> {
    BASE64URL.decode(text(given, name)?).ok().filter(|bytes| bytes.len() == count)
}

/// A URL that stands as it is called: the parser would take others, such as one with an address in octal digits, and
/// call what they turn into. A fleet whose operator allows its own machine is tried with plain HTTP there.
fn endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| url.as_str() == text)?;
    let is_local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_called = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (is_called && is_bare && host::is_possible(&url)).then_some(url)
}

#[cfg(test)]
mod tests;
