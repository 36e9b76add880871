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
use crate::callback::{Callback, Readable, Refused, Unreadable, bounded, first, id, pairs, seconds, text};
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
pub(super) fn reports(_: &Settings, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
    let body: Value =
        serde_json::from_slice(bounded(callback)?).map_err(|_| Unreadable("the body is no JSON object"))?;
    let entries = body.get("entry").and_then(Value::as_array).ok_or(Unreadable("the body has no entry"))?;
    let changes = entries.iter().flat_map(|entry| list(entry, "changes", "the changes of an entry are no list"));
    let parts = changes.flat_map(|change| match change {
        Ok(change) => of_change(change),
        Err(why) => vec![Err(why)],
    });
    Ok(Readable::of_parts("statuses and messages", parts))
}

/// What each status and each message of a change says. A change of another kind says nothing.
fn of_change(change: &Value) -> Vec<Result<Option<Report>, Unreadable>> {
    let value = match (change.is_object(), change.get("value")) {
        (true, None) => return Vec::new(),
        (true, Some(value)) if value.is_object() => value,
        _ => return vec![Err(Unreadable("a change is no JSON object, or its value is none"))],
    };
    let statuses = list(value, "statuses", "the statuses are no list").map(|status| outbound(object(status?)?));
    let messages = list(value, "messages", "the messages are no list");
    let messages = messages.map(|message| inbound(object(message?)?, value).map(Some));
    statuses.chain(messages).collect()
}

/// The items of a list of an object; none where there is no such list, and why not where something else is in the place
/// of the one or the other.
fn list<'v>(
    object: &'v Value,
    name: &str,
    otherwise: &'static str,
) -> impl Iterator<Item = Result<&'v Value, Unreadable>> {
    let found = object.get(name).filter(|found| !found.is_null());
    let items = found.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_odd = !object.is_object() || found.is_some_and(|found| !found.is_array());
    items.iter().map(Ok).chain(is_odd.then_some(Err(Unreadable(otherwise))))
}

fn object(value: &Value) -> Result<&Map<String, Value>, Unreadable> {
    value.as_object().ok_or(Unreadable("it is no JSON object"))
}

fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A text some objects deep.
fn deep<'v>(object: &'v Map<String, Value>, outer: &str, name: &str) -> Option<&'v str> {
    get(object.get(outer)?.as_object()?, name)
}

/// How a message of ours goes on; nothing for a status that is not known.
fn outbound(status: &Map<String, Value>) -> Result<Option<Report>, Unreadable> {
    let word = get(status, "status").ok_or(Unreadable("it does not name its status"))?;
    let error = status.get("errors").and_then(|errors| errors.get(0)).and_then(Value::as_object);
    let code = error.and_then(|error| error.get("code")).and_then(Value::as_u64);
    let said = match word {
        "sent" => Reported::Accepted,
        "delivered" => Reported::Delivered,
        "read" | "played" => Reported::Read,
        "failed" => late(code),
        _ => return Ok(None),
    };
    let sid = known_by(status)?;
    let recipient = get(status, "recipient_id").or_else(|| get(status, "recipient_user_id")).and_then(id);
    let words = error.and_then(|error| deep(error, "error_data", "details").or_else(|| get(error, "message")));
    let advice = match code.and_then(|code| codes::verdict(code, None)) {
        Some(Verdict::Refused(advice)) => Some(advice.to_owned()),
        _ => None,
    };
    let quoted = words.map(|words| redact(words, recipient.as_deref().into_iter()));
    Ok(Some(Report {
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
    }))
}

/// The id of a message, by which a repeat of what is said of it is known.
fn known_by(said: &Map<String, Value>) -> Result<String, Unreadable> {
    get(said, "id").and_then(id).ok_or(Unreadable("it has no id that can be one"))
}

/// A code that nobody knows is not tried again: WhatsApp has had the message.
fn late(code: Option<u64>) -> Reported {
    let (retriable, alarm) = match code.and_then(|code| codes::verdict(code, None)) {
        Some(Verdict::Ours(_) | Verdict::OurAccount(_)) => (true, true),
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

/// What a person has written or pressed.
fn inbound(message: &Map<String, Value>, value: &Value) -> Result<Report, Unreadable> {
    let sid = known_by(message)?;
    let from = get(message, "from").or_else(|| get(message, "from_user_id"));
    let from = from.or_else(|| known_person(value)).and_then(id);
    let from = from.ok_or(Unreadable("it does not say who has written"))?;
    let pressed = deep(message, "button", "payload").or_else(|| {
        let interactive = message.get("interactive")?.as_object()?;
        deep(interactive, "button_reply", "id").or_else(|| deep(interactive, "list_reply", "id"))
    });
    let said = match pressed {
        Some(payload) => Reported::Button { payload: text(payload), by: from },
        None => reply(message, from),
    };
    Ok(Report {
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
