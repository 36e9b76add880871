//! The form of one request. Its fields have the names that stand here, whatever a publisher writes; what a publisher
//! writes is only ever the value of one.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

use media::{Content, media_urls};
use serde_json::Value;

use super::senders::Sender;
use crate::channel::Outgoing;

/// The fields, in their order. `MediaUrl` stands once for each medium.
pub(super) type Form = Vec<(&'static str, String)>;

/// The values that Twilio allows for `ValidityPeriod`, in seconds.
const VALIDITY: std::ops::RangeInclusive<u64> = 1..=36_000;

/// `to` has its prefix already. A `content` is sent instead of the words and the media. Twilio calls `reports_to` each time
/// the message goes on.
pub(super) fn of(
    sender: &Sender,
    to: String,
    content: Option<&Content<'_>>,
    reports_to: Option<String>,
    outgoing: &Outgoing<'_>,
) -> Form {
    let mut form = vec![("To", to)];
    form.extend(sender.fields());
    form.extend(content.map_or_else(|| words(outgoing), template));
    let left = outgoing.expires_at.map(|expires| expires.since(outgoing.now).as_secs());
    let validity = left.map(|seconds| seconds.clamp(*VALIDITY.start(), *VALIDITY.end()));
    form.extend(validity.map(|seconds| ("ValidityPeriod", seconds.to_string())));
    form.extend(reports_to.map(|url| ("StatusCallback", url)));
    form
}

fn template(content: &Content<'_>) -> Form {
    let variables = content.variables.map(|variables| Value::Object(variables.clone()).to_string());
    let sid = ("ContentSid", content.sid.to_owned());
    [sid].into_iter().chain(variables.map(|variables| ("ContentVariables", variables))).collect()
}

/// The text, unless there are only media, and the media.
fn words(outgoing: &Outgoing<'_>) -> Form {
    let text = &outgoing.rendered.text;
    let body = (!text.trim().is_empty()).then(|| ("Body", text.clone()));
    body.into_iter().chain(media_urls(outgoing.data).map(|url| ("MediaUrl", url.to_owned()))).collect()
}
