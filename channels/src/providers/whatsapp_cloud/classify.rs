//! What the answers of Meta's Cloud API mean. The code decides, and its details are shown: titles of errors change.

use std::time::Duration;

use domain::{About, Outcome};
use media::whatsapp;
use serde_json::Value;

use super::{PROVIDER, codes};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said, Verdict};

pub(super) const LOOK_AT: LookAt = LookAt {
    credentials: "WHATSAPP_CLOUD_ACCESS_TOKEN, and whether its user may send for WHATSAPP_CLOUD_PHONE_NUMBER_ID",
    address: "WHATSAPP_CLOUD_PHONE_NUMBER_ID and WHATSAPP_CLOUD_BASE_URL",
};

/// The longest id of a message that is kept.
const MAX_ID_BYTES: usize = 256;

pub(super) fn classify(answer: &Answer, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = &body["error"];
    let code = number(&error["code"]).filter(|_| !answer.status.is_success());
    let verdict = code.and_then(|code| codes::verdict(code, number(&error["error_subcode"])));
    let said = Said {
        provider_id: body["messages"][0]["id"].as_str().filter(|id| is_id(id)).map(str::to_owned),
        code: code.map(|code| code.to_string()),
        text: text(error, outgoing),
        verdict,
        retry_after: code.filter(|_| verdict == Some(Verdict::SlowDown)).and_then(|code| wait(answer, code)),
        settings: LOOK_AT,
        about: (code == Some(codes::PAIR)).then_some(About::Message),
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

/// A number, also as a text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn is_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// What WhatsApp says in detail, or else in general, without the recipient in any form.
fn text(error: &Value, outgoing: &Outgoing<'_>) -> String {
    let details = error["error_data"]["details"].as_str().or_else(|| error["message"].as_str()).unwrap_or_default();
    let bare = whatsapp::bare(outgoing.destination);
    outgoing.redact_with(details, [bare, bare.trim_start_matches('+')].into_iter())
}

/// How long a limit lasts: what the answer's header says of the account in minutes
/// (<https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers-2>), or what the code says.
fn wait(answer: &Answer, code: u64) -> Option<Duration> {
    let header = answer.headers.get("x-business-use-case-usage").and_then(|header| header.to_str().ok());
    let usage: Value = header.and_then(|header| serde_json::from_str(header).ok()).unwrap_or_default();
    let uses =
        usage.as_object().into_iter().flat_map(|accounts| accounts.values()).filter_map(Value::as_array).flatten();
    let minutes = uses.filter_map(|of_one| of_one["estimated_time_to_regain_access"].as_u64()).max().unwrap_or(0);
    let named = http::parse_delay(&format!("{}s", minutes.saturating_mul(60))).filter(|wait| !wait.is_zero());
    named.or_else(|| codes::wait(code))
}
