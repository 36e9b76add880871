//! One push as Apple takes it: what stands in its body, and what the headers say of it.
//!
//! Sources: <https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification> and
//! <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>.

use media::push;
use serde_json::{Map, Value, json};

use crate::channel::Outgoing;

/// The largest body, in bytes.
const MAX_PAYLOAD_BYTES: usize = 4096;

/// What Apple reads of the options of a push, where FCM reads it.
const OPTIONS_OF_APS: &str = "/apns/payload/aps/";
const PRIORITY: &str = "/apns/headers/apns-priority";

pub(super) struct Push {
    pub(super) payload: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Push {
    /// A push with neither words, a badge nor a sound wakes the app and shows nothing; Apple wants such a one to be of
    /// low priority. The second copy of a push replaces the first on the device.
    ///
    /// # Errors
    /// Why Apple would refuse the push, in a text that begins with the field's name.
    pub(super) fn of(outgoing: &Outgoing<'_>, topic: &str) -> Result<Self, String> {
        let options = push::options(outgoing.data);
        let aps = aps(outgoing, &options);
        let is_seen = ["alert", "badge", "sound"].iter().any(|name| aps.contains_key(*name));
        let asked = options.iter().find(|(place, _)| *place == PRIORITY).and_then(|(_, value)| value.as_str());
        let (kind, priority) = if is_seen { ("alert", asked.unwrap_or("10")) } else { ("background", "5") };
        let mut headers = vec![
            ("apns-topic", topic.to_owned()),
            ("apns-push-type", kind.to_owned()),
            ("apns-priority", priority.to_owned()),
            ("apns-collapse-id", outgoing.tag()),
            ("apns-id", outgoing.uuid().hyphenated().to_string()),
        ];
        let expires = outgoing.expires_at.map(|expires| expires.as_micros().div_euclid(1_000_000).to_string());
        headers.extend(expires.map(|expires| ("apns-expiration", expires)));
        Ok(Self { payload: payload(outgoing, aps)?, headers })
    }
}

/// The part of the body that Apple's system reads.
fn aps(outgoing: &Outgoing<'_>, options: &[(&str, Value)]) -> Map<String, Value> {
    let set = options.iter().filter_map(|(place, value)| Some((place.strip_prefix(OPTIONS_OF_APS)?, value)));
    let mut aps: Map<String, Value> = set.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let words = [("title", outgoing.rendered.subject.as_deref()), ("body", Some(outgoing.rendered.text.as_str()))];
    let words = words.into_iter().filter_map(|(name, words)| Some((name, words.filter(|words| !words.is_empty())?)));
    let alert: Map<String, Value> = words.map(|(name, words)| (name.to_owned(), json!(words))).collect();
    if !alert.is_empty() {
        aps.insert("alert".into(), Value::Object(alert));
    } else if !aps.contains_key("badge") && !aps.contains_key("sound") {
        aps.insert("content-available".into(), json!(1));
    }
    aps
}

/// The whole body: the data stand beside Apple's own part, as they do with FCM.
fn payload(outgoing: &Outgoing<'_>, aps: Map<String, Value>) -> Result<String, String> {
    let mut payload: Map<String, Value> =
        push::entries(outgoing.data).map(|(name, text)| (name.to_owned(), json!(text))).collect();
    if payload.insert("aps".into(), Value::Object(aps)).is_some() {
        return Err("data.aps is a key that Apple keeps for itself".into());
    }
    let payload = Value::Object(payload).to_string();
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(format!(
            "message makes a push of {} bytes with its title, data and options, Apple takes {MAX_PAYLOAD_BYTES}",
            payload.len()
        ));
    }
    Ok(payload)
}
