//! What WhatsApp reports: how a message goes on, and what people write and press.
//!
//! Sources: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>,
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples> and
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids/>: a person may be
//! without a phone number.

use aws_lc_rs::{constant_time, hmac};
use domain::{Label, Report, Reported, keyword};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::settings::{APP_SECRET, VERIFY_TOKEN};
use super::{PROVIDER, codes};
use crate::callback::{Callback, Refused, Unreadable, bounded, first, id, pairs, seconds, text};
use crate::http::Verdict;
use crate::label;
use crate::redact::redact;
use crate::settings::Settings;

pub(super) const SIGNATURE: &str = "x-hub-signature-256";

/// The longest challenge that is given back. Meta's have ten digits.
const MAX_CHALLENGE_BYTES: usize = 128;

/// What Meta is answered when it asks whether the URL is ours.
///
/// # Errors
/// Whoever asks does not know our word, or we have none.
pub(super) fn challenge(settings: &Settings, query: &str) -> Result<String, Refused> {
    let ours = settings.whatsapp_cloud.verify_token.as_ref().ok_or(Refused::NotConfigured(VERIFY_TOKEN.name))?;
    asked(ours.expose_secret(), query).ok_or(Refused::OtherWord(VERIFY_TOKEN.name))
}

fn asked(ours: &str, query: &str) -> Option<String> {
    let pairs = pairs(query.as_bytes());
    let given = first(&pairs, "hub.verify_token")?;
    constant_time::verify_slices_are_equal(ours.as_bytes(), given.as_bytes()).ok()?;
    let challenge = first(&pairs, "hub.challenge").filter(|_| first(&pairs, "hub.mode") == Some("subscribe"))?;
    let is_harmless = challenge.len() <= MAX_CHALLENGE_BYTES && challenge.bytes().all(|b| b.is_ascii_alphanumeric());
    is_harmless.then(|| challenge.to_owned())
}

/// # Errors
/// Why the request is not Meta's. What is signed are the bytes of the body, in which Meta escapes what is not ASCII.
pub(super) fn verify(settings: &Settings, callback: &Callback<'_>) -> Result<(), Refused> {
    let secret = settings.whatsapp_cloud.app_secret.as_ref().ok_or(Refused::NotConfigured(APP_SECRET.name))?;
    let signature = callback.header(SIGNATURE).ok_or(Refused::Unsigned)?;
    let signature = signature.strip_prefix("sha256=").and_then(bytes_of).ok_or(Refused::Forged)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, callback.body, &signature).map_err(|_| Refused::Forged)
}

fn bytes_of(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hexadecimal.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// # Errors
/// Why the request says nothing to us. What it says of things that we do not know is no error.
pub(super) fn reports(_: &Settings, callback: &Callback<'_>) -> Result<Vec<Report>, Unreadable> {
    let body: Value =
        serde_json::from_slice(bounded(callback)?).map_err(|_| Unreadable("the body is no JSON object"))?;
    let entries = body.get("entry").and_then(Value::as_array).ok_or(Unreadable("the body has no entry"))?;
    let changes = entries.iter().flat_map(|entry| list(entry, "changes"));
    let values = changes.filter_map(|change| change.get("value"));
    let reports = values.flat_map(|value| {
        let statuses = objects(value, "statuses").filter_map(outbound);
        let messages = objects(value, "messages").filter_map(|message| inbound(message, value));
        statuses.chain(messages).collect::<Vec<_>>()
    });
    Ok(reports.collect())
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn objects<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Map<String, Value>> {
    list(value, name).iter().filter_map(Value::as_object)
}

fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A text some objects deep.
fn deep<'v>(object: &'v Map<String, Value>, outer: &str, name: &str) -> Option<&'v str> {
    get(object.get(outer)?.as_object()?, name)
}

/// How a message of ours goes on; none for a status that is not known.
fn outbound(status: &Map<String, Value>) -> Option<Report> {
    let sid = get(status, "id").and_then(id)?;
    let word = get(status, "status")?;
    let error = status.get("errors").and_then(|errors| errors.get(0)).and_then(Value::as_object);
    let code = error.and_then(|error| error.get("code")).and_then(Value::as_u64);
    let said = match word {
        "sent" => Reported::Accepted,
        "delivered" => Reported::Delivered,
        "read" | "played" => Reported::Read,
        "failed" => late(code),
        _ => return None,
    };
    let recipient = get(status, "recipient_id").or_else(|| get(status, "recipient_user_id")).and_then(id);
    let words = error.and_then(|error| deep(error, "error_data", "details").or_else(|| get(error, "message")));
    let advice = match code.and_then(|code| codes::verdict(code, None)) {
        Some(Verdict::Refused(advice)) => Some(advice.to_owned()),
        _ => None,
    };
    let quoted = words.map(|words| redact(words, recipient.as_deref().into_iter()));
    Some(Report {
        provider: PROVIDER.name,
        event_id: format!("{sid}/{word}"),
        about: labelled(status),
        provider_id: Some(sid),
        said,
        code: code.map(|code| code.to_string()),
        detail: advice.into_iter().chain(quoted).collect::<Vec<_>>().join(": "),
        recipient,
        has_copies: false,
        at: get(status, "timestamp").and_then(seconds),
    })
}

/// A code that nobody knows is not tried again: WhatsApp has had the message.
fn late(code: Option<u64>) -> Reported {
    let (retriable, alarm) = match code.and_then(|code| codes::verdict(code, None)) {
        Some(Verdict::Ours(_)) => (true, true),
        Some(Verdict::SlowDown | Verdict::Outage) => (true, false),
        Some(Verdict::Permanent | Verdict::Refused(_)) | None => (false, false),
    };
    Reported::FailedLater { retriable, alarm }
}

/// The label that went out as `biz_opaque_callback_data`.
fn labelled(status: &Map<String, Value>) -> Option<Label> {
    let written: Value = serde_json::from_str(get(status, "biz_opaque_callback_data")?).ok()?;
    label::of_fields(written.as_object()?)
}

/// What a person has written or pressed; none from nobody.
fn inbound(message: &Map<String, Value>, value: &Value) -> Option<Report> {
    let sid = get(message, "id").and_then(id)?;
    let from = get(message, "from").or_else(|| get(message, "from_user_id"));
    let from = from.or_else(|| known_person(value)).and_then(id)?;
    let pressed = deep(message, "button", "payload").or_else(|| {
        let interactive = message.get("interactive")?.as_object()?;
        deep(interactive, "button_reply", "id").or_else(|| deep(interactive, "list_reply", "id"))
    });
    let said = match pressed {
        Some(payload) => Reported::Button { payload: text(payload), by: from },
        None => reply(message, from),
    };
    Some(Report {
        provider: PROVIDER.name,
        event_id: format!("{sid}/received"),
        about: None,
        provider_id: deep(message, "context", "id").and_then(id),
        recipient: value.pointer("/metadata/display_phone_number").and_then(Value::as_str).and_then(id),
        has_copies: false,
        said,
        code: None,
        detail: String::new(),
        at: get(message, "timestamp").and_then(seconds),
    })
}

/// The person of a request that is about one, where the message itself does not name them.
fn known_person(value: &Value) -> Option<&str> {
    let contact = value.pointer("/contacts/0")?.as_object()?;
    get(contact, "wa_id").or_else(|| get(contact, "user_id"))
}

/// The words, or those below a file, and the id by which WhatsApp gives the file out.
fn reply(message: &Map<String, Value>, from: String) -> Reported {
    let kind = get(message, "type").unwrap_or_default();
    let words = deep(message, "text", "body").or_else(|| deep(message, kind, "caption"));
    let body = text(words.unwrap_or_default());
    let media = deep(message, kind, "id").filter(|_| kind != "text").and_then(id).into_iter().collect();
    Reported::Reply { from, keyword: keyword(&body), text: body, media }
}

#[cfg(test)]
mod tests;
