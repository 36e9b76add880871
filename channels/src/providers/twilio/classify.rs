//! What Twilio's answers mean.

use domain::{About, Outcome};
use serde::Deserialize;
use serde_json::Value;

use super::codes::Used;
use super::{PROVIDER, codes};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said};

/// The part of Twilio's answers, good and bad, that is read. A member of an unexpected form does not hide the others.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    sid: Value,
    code: Value,
    message: Value,
}

impl Body {
    fn code(&self) -> Option<u32> {
        match &self.code {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|code| code.try_into().ok()),
        }
    }
}

/// The outcome of an answer to a request that went by `used`.
pub(super) fn classify(answer: &Answer, used: Used, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.code();
    let said = Said {
        provider_id: body.sid.as_str().filter(|sid| sid.len() <= 64).map(str::to_owned),
        code: code.filter(|_| !answer.status.is_success()).map(|code| code.to_string()),
        text: text(code, body.message.as_str(), outgoing),
        maybe_sent: code == Some(codes::INTERNAL_ERROR),
        is_refused: false,
        verdict: code.and_then(|code| codes::verdict(code, used)),
        retry_after: None,
        settings: LookAt { credentials: used.credentials, address: "TWILIO_ACCOUNT_SID and TWILIO_BASE_URL" },
        about: (code == Some(codes::PAIR)).then_some(About::Message),
    };
    http::judge(PROVIDER.name, answer, said)
}

/// Twilio's words, behind ours where its code alone says what to do.
fn text(code: Option<u32>, message: Option<&str>, outgoing: &Outgoing<'_>) -> String {
    let advice = code.and_then(codes::advice).map(str::to_owned);
    let quoted = message.map(|message| outgoing.redact(message)).filter(|quoted| !quoted.is_empty());
    advice.into_iter().chain(quoted).collect::<Vec<_>>().join(": ")
}
