//! What Twilio's answers mean.

use domain::Outcome;
use serde::Deserialize;
use serde_json::Value;

use super::{PROVIDER, codes};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said};

const LOOK_AT: LookAt = LookAt {
    credentials: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
    address: "TWILIO_ACCOUNT_SID and TWILIO_BASE_URL",
};

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

/// The outcome of an answer. `sender` is the setting that the message's sender comes from.
pub(super) fn classify(answer: &Answer, sender: &'static str, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.code();
    let said = Said {
        provider_id: body.sid.as_str().filter(|sid| sid.len() <= 64).map(str::to_owned),
        code: code.filter(|_| !answer.status.is_success()).map(|code| code.to_string()),
        text: body.message.as_str().map(|message| outgoing.redact(message)).unwrap_or_default(),
        maybe_sent: code == Some(codes::INTERNAL_ERROR),
        verdict: code.and_then(|code| codes::verdict(code, sender)),
        retry_after: None,
        settings: LOOK_AT,
    };
    http::judge(PROVIDER.name, answer, said)
}
