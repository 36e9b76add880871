//! What Twilio reports: how a message goes on, and what people write.
//!
//! Sources: <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status> and
//! <https://www.twilio.com/docs/messaging/guides/webhook-request>. Parameters are added to both without notice.

mod late;
mod signature;

use domain::{Keyword, Label, Report, Reported, keyword};
use serde_json::{Map, Value};

use super::PROVIDER;
use crate::callback::{Callback, Refused, Unreadable, bounded, first, id, pairs, text};
use crate::label;
use crate::redact::redact;
use crate::settings::{PUBLIC_URL, Settings};

pub(super) use self::signature::SIGNATURE;

/// The most media of one message (<https://www.twilio.com/docs/messaging/api/message-resource>).
const MAX_MEDIA: usize = 10;

type Pair = (String, String);

/// # Errors
/// Why the request is not Twilio's.
pub(super) fn verify(settings: &Settings, callback: &Callback<'_>) -> Result<(), Refused> {
    let public_url = settings.public_url.as_deref().ok_or(Refused::NotConfigured(PUBLIC_URL))?;
    signature::verify(&settings.twilio, public_url, callback)
}

/// # Errors
/// Why the request says nothing to us. What it says of things that we do not know is no error.
pub(super) fn reports(settings: &Settings, callback: &Callback<'_>) -> Result<Vec<Report>, Unreadable> {
    let fields = fields(bounded(callback)?)?;
    let get = |name: &str| first(&fields, name);
    let sid = get("MessageSid").or_else(|| get("SmsSid")).and_then(id).ok_or(Unreadable("there is no MessageSid"))?;
    let status = get("MessageStatus").or_else(|| get("SmsStatus")).unwrap_or("received").to_ascii_lowercase();
    if matches!(status.as_str(), "received" | "receiving") {
        let written = inbound(sid, &fields).ok_or(Unreadable("there is neither the status of a message nor a From"))?;
        return Ok(vec![written]);
    }
    let query = pairs(callback.query().as_bytes());
    let about = settings.labels.as_ref().and_then(|labels| label::of_query(labels, &query));
    Ok(outbound(sid, &status, about, &fields).into_iter().collect())
}

/// The fields of a form, or of an object whose values are texts and numbers.
fn fields(body: &[u8]) -> Result<Vec<Pair>, Unreadable> {
    if body.first() != Some(&b'{') {
        return Ok(pairs(body));
    }
    let object: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| Unreadable("the body is neither a form nor a JSON object"))?;
    let plain = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok(object.into_iter().filter_map(|(name, value)| Some((name, plain(value)?))).collect())
}

/// How a message of ours goes on; none for a status that is not known.
fn outbound(sid: String, status: &str, about: Option<Label>, fields: &[Pair]) -> Option<Report> {
    let get = |name: &str| first(fields, name);
    let code: Option<u32> = get("ErrorCode").and_then(|code| code.parse().ok()).filter(|code| *code > 0);
    let said = match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Reported::Accepted,
        "delivered" => Reported::Delivered,
        "read" => Reported::Read,
        "undelivered" | "failed" | "canceled" => {
            let late::Late { retriable, alarm } = late::late(code);
            Reported::FailedLater { retriable, alarm }
        }
        _ => return None,
    };
    let personal = [get("To"), get("From")].into_iter().flatten();
    let quoted = get("ErrorMessage").map(|words| redact(words, personal)).filter(|quoted| !quoted.is_empty());
    let advice = code.and_then(late::advice).map(str::to_owned);
    Some(Report {
        provider: PROVIDER.name,
        event_id: format!("{sid}/{status}"),
        about,
        provider_id: Some(sid),
        recipient: get("To").and_then(id),
        has_copies: false,
        said,
        code: code.map(|code| code.to_string()),
        detail: advice.into_iter().chain(quoted).collect::<Vec<_>>().join(": "),
        at: None,
    })
}

/// What a person has written or pressed; none from nobody.
fn inbound(sid: String, fields: &[Pair]) -> Option<Report> {
    let get = |name: &str| first(fields, name);
    let from = get("From").and_then(id)?;
    let body = text(get("Body").unwrap_or_default());
    let said = match get("ButtonPayload") {
        Some(payload) => Reported::Button { payload: text(payload), by: from },
        None => {
            // Where Twilio has answered the word itself, it says which one it was.
            let keyword = match get("OptOutType") {
                Some(kind) if kind.eq_ignore_ascii_case("stop") => Some(Keyword::Stop),
                Some(kind) if kind.eq_ignore_ascii_case("start") => Some(Keyword::Start),
                _ => keyword(&body),
            };
            let media = (0..MAX_MEDIA).map_while(|at| get(&format!("MediaUrl{at}"))).map(text).collect();
            Reported::Reply { from, text: body, media, keyword }
        }
    };
    Some(Report {
        provider: PROVIDER.name,
        event_id: format!("{sid}/received"),
        about: None,
        provider_id: get("OriginalRepliedMessageSid").and_then(id),
        recipient: get("To").and_then(id),
        has_copies: false,
        said,
        code: None,
        detail: String::new(),
        at: None,
    })
}

#[cfg(test)]
mod tests;
