//! What SendGrid reports: the signed batches of its Event Webhook.
//!
//! Sources: <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event> and
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>.

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Bounce, Report, Reported, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::PROVIDER;
use super::settings::{WEBHOOK_PUBLIC_KEY, public_keys};
use crate::callback::{Callback, Readable, Refused, Unreadable, bounded, id, seconds};
use crate::label;
use crate::redact::redact;
use crate::settings::Settings;

pub(super) const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const SIGNED_AT: &str = "x-twilio-email-event-webhook-timestamp";

/// SendGrid repeats a batch for 24 hours, and does not say whether it signs it anew.
const LONGEST_AGE: Duration = Duration::from_secs(25 * 3600);
/// How far the clock of one of us may be ahead.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(300);

/// # Errors
/// Why the request is not SendGrid's. What is signed are the digits of the time and the raw body behind them.
pub(super) fn verify(settings: &Settings, callback: &Callback<'_>) -> Result<(), Refused> {
    let keys = settings.sendgrid.webhook_public_key.as_deref().and_then(public_keys);
    let keys = keys.ok_or(Refused::NotConfigured(WEBHOOK_PUBLIC_KEY.name))?;
    let signature = callback.header(SIGNATURE).ok_or(Refused::Unsigned)?;
    let signed_at = callback.header(SIGNED_AT).ok_or(Refused::Unsigned)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refused::Forged)?;
    let signed = [signed_at.as_bytes(), callback.body].concat();
    let is_signed =
        |key: &Vec<u8>| UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&signed, &signature).is_ok();
    if !keys.iter().any(is_signed) {
        return Err(Refused::Forged);
    }
    let at = seconds(signed_at).ok_or(Refused::Forged)?;
    if is_current(at, callback.at) { Ok(()) } else { Err(Refused::Stale) }
}

fn is_current(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) <= LONGEST_AGE && at.since(now) <= CLOCKS_DIFFER_BY
}

/// # Errors
/// Why the request says nothing to us. An event that we do not know is no error: new ones are added.
pub(super) fn reports(_: &Settings, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
    let events: Vec<&RawValue> =
        serde_json::from_slice(bounded(callback)?).map_err(|_| Unreadable("the body is no JSON list"))?;
    Ok(Readable::of_parts("events", events.iter().map(|event| report(event.get()))))
}

/// What one event says; nothing where it is of a kind that we do not know.
fn report(text: &str) -> Result<Option<Report>, Unreadable> {
    let event: Map<String, Value> = serde_json::from_str(text).map_err(|_| Unreadable("it is no JSON object"))?;
    let get = |name: &str| event.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    get("event").ok_or(Unreadable("it does not name its event"))?;
    let Some(said) = said(&event) else { return Ok(None) };
    let event_id = get("sg_event_id").and_then(id).ok_or(Unreadable("it has no sg_event_id that can be one"))?;
    let recipient = get("email").map(|email| id(email).ok_or(Unreadable("its email can be no address"))).transpose()?;
    let words = get("reason").or_else(|| get("response")).unwrap_or_default();
    Ok(Some(Report {
        provider: PROVIDER.name,
        event_id,
        about: label::of_fields(&event),
        // What stands behind the dot is of SendGrid's own machines; the answer to the request did not have it.
        provider_id: get("sg_message_id").and_then(|long| id(long.split('.').next().unwrap_or(long))),
        said,
        code: get("status").and_then(id).filter(|code| code.len() <= 32),
        detail: redact(words, recipient.as_deref().into_iter()),
        recipient,
        has_copies: false,
        at: event.get("timestamp").and_then(|at| seconds(&at.to_string())),
    }))
}

/// What has happened; none for an event that is not known.
fn said(event: &Map<String, Value>) -> Option<Reported> {
    let get = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(match get("event") {
        "processed" => Reported::Accepted,
        "deferred" => Reported::Deferred,
        "delivered" => Reported::Delivered,
        // A mail that was blocked says nothing of its address.
        "bounce" if get("type") == "blocked" => Reported::Bounced { class: Bounce::Message },
        "bounce" => Reported::Bounced { class: Bounce::Address },
        "dropped" if is_about_the_address(get("reason")) => Reported::Bounced { class: Bounce::Listed },
        "dropped" => Reported::Bounced { class: Bounce::Message },
        "open" => Reported::Opened,
        "click" => Reported::Clicked,
        "spamreport" => Reported::Complained,
        "unsubscribe" | "group_unsubscribe" => Reported::Unsubscribed,
        "group_resubscribe" => Reported::Resubscribed,
        _ => return None,
    })
}

/// Whether SendGrid sent nothing because of a list of its own: "Bounced Address", "Unsubscribed Address", "Spam Reporting
/// Address", "Invalid". Others are about the mail or the account.
fn is_about_the_address(reason: &str) -> bool {
    reason == "Invalid" || reason.ends_with("Address")
}

#[cfg(test)]
mod tests;
