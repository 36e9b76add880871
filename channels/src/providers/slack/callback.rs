//! What Slack posts to our webhook: which button somebody has pressed, and whether the URL is ours.
//!
//! Sources: <https://docs.slack.dev/authentication/verifying-requests-from-slack>,
//! <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload> and
//! <https://docs.slack.dev/reference/events/url_verification>.

use std::time::Duration;

use aws_lc_rs::hmac;
use domain::{Report, Reported};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::PROVIDER;
use super::settings::SIGNING_SECRET;
use crate::callback::{Callback, Readable, Refused, Unreadable, bounded, first, id, pairs, seconds, text};
use crate::settings::Settings;

pub(super) const SIGNATURE: &str = "x-slack-signature";
const SIGNED_AT: &str = "x-slack-request-timestamp";
/// The version of the signature, before what is signed.
const VERSION: &str = "v0";

/// Slack signs each call anew. An older one is somebody's who has seen it.
const LONGEST_AGE: Duration = Duration::from_secs(300);

/// The longest word that is said back, in bytes.
const MAX_CHALLENGE_BYTES: usize = 512;

/// # Errors
/// Why the request is not Slack's. What is signed are the version, the digits of the time and the raw body.
pub(super) fn verify(settings: &Settings, callback: &Callback<'_>) -> Result<(), Refused> {
    let secret = settings.slack.signing_secret.as_ref().ok_or(Refused::NotConfigured(SIGNING_SECRET.name))?;
    let signature = callback.header(SIGNATURE).ok_or(Refused::Unsigned)?;
    let signed_at = callback.header(SIGNED_AT).ok_or(Refused::Unsigned)?;
    let signature = signature.strip_prefix("v0=").and_then(bytes_of).ok_or(Refused::Forged)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let signed = [format!("{VERSION}:{signed_at}:").as_bytes(), callback.body].concat();
    hmac::verify(&key, &signed, &signature).map_err(|_| Refused::Forged)?;
    let at = seconds(signed_at).ok_or(Refused::Forged)?;
    let is_current = callback.at.since(at) <= LONGEST_AGE && at.since(callback.at) <= LONGEST_AGE;
    if is_current { Ok(()) } else { Err(Refused::Stale) }
}

fn bytes_of(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hexadecimal.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// The answer to a call. Whoever asks whether the URL is ours is told the word that they have said.
pub(super) fn answer(callback: &Callback<'_>) -> (&'static str, String) {
    let body: Value = bounded(callback).ok().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let is_question = body["type"] == "url_verification";
    let word = body["challenge"].as_str().filter(|word| is_question && word.len() <= MAX_CHALLENGE_BYTES);
    ("text/plain; charset=utf-8", word.unwrap_or_default().to_owned())
}

/// # Errors
/// Why the call says nothing to us. What it says of things that we do not know is no error.
pub(super) fn reports(_: &Settings, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
    let body = bounded(callback)?;
    // A press comes as a form; what comes as JSON is a question, or an event that nobody has asked for.
    if serde_json::from_slice::<Value>(body).is_ok_and(|body| body["type"].is_string()) {
        return Ok(Readable::default());
    }
    let form = pairs(body);
    let payload = first(&form, "payload").ok_or(Unreadable("the body has no field payload"))?;
    let payload: Value = serde_json::from_str(payload).map_err(|_| Unreadable("its payload is no JSON"))?;
    let kind = payload["type"].as_str().ok_or(Unreadable("its payload has no type"))?;
    if kind != "block_actions" {
        return Ok(Readable::default());
    }
    let actions = payload["actions"].as_array().ok_or(Unreadable("its payload has no actions"))?;
    Ok(Readable::of_parts("actions", actions.iter().enumerate().map(|(at, action)| pressed(&payload, at, action))))
}

/// Which button somebody has pressed, below which message. Nothing for one that opens a link, and for what is no button.
fn pressed(payload: &Value, at: usize, action: &Value) -> Result<Option<Report>, Unreadable> {
    let Some(value) = action["value"].as_str().filter(|value| !value.is_empty() && action["type"] == "button") else {
        return Ok(None);
    };
    // By its id, and never by its name, which anybody may take.
    let by = payload["user"]["id"].as_str().and_then(id).ok_or(Unreadable("it does not say who has pressed"))?;
    let press = payload["trigger_id"].as_str().and_then(id).ok_or(Unreadable("it has no id that can be one"))?;
    let container = &payload["container"];
    let either = |own: &Value, other: &Value| own.as_str().or(other.as_str()).and_then(id);
    let conversation = either(&container["channel_id"], &payload["channel"]["id"]);
    let ts = either(&container["message_ts"], &payload["message"]["ts"]);
    let below = conversation.as_deref().zip(ts.as_deref());
    let pressed_at = action["action_ts"].as_str().and_then(|ts| seconds(ts.split('.').next().unwrap_or_default()));
    Ok(Some(Report {
        provider: PROVIDER.name,
        event_id: format!("{press}/{at}"),
        about: None,
        provider_id: below.and_then(|(conversation, ts)| id(&format!("{conversation}/{ts}"))),
        recipient: conversation,
        has_copies: false,
        said: Reported::Button { payload: text(value), by },
        code: None,
        detail: String::new(),
        at: pressed_at,
    }))
}

#[cfg(test)]
mod tests;
