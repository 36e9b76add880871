//! What FCM's answers mean.

use domain::Outcome;
use serde::Deserialize;

use super::{PROVIDER, codes};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said};

const LOOK_AT: LookAt = LookAt {
    credentials: "FIREBASE_SERVICE_ACCOUNT_KEY, and whether its account may send for FIREBASE_PROJECT_ID",
    address: "FIREBASE_PROJECT_ID and FCM_BASE_URL",
};

/// The part of FCM's answers, good and bad, that is read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    /// The name of an accepted message: `projects/{project}/messages/{id}`.
    name: Option<String>,
    error: ErrorBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    status: Option<String>,
    message: Option<String>,
    details: Vec<Detail>,
}

/// A detail of an error, of one of the types `google.firebase.fcm.v1.FcmError`, `google.rpc.ErrorInfo`,
/// `google.rpc.RetryInfo` and `google.rpc.BadRequest`. Each type has members of its own.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: Option<String>,
    reason: Option<String>,
    retry_delay: Option<String>,
    field_violations: Vec<FieldViolation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FieldViolation {
    field: String,
}

impl ErrorBody {
    /// The codes of an error, the most telling first: FCM's own code, the reason, the status.
    fn codes(&self) -> impl Iterator<Item = &str> {
        let codes = self.details.iter().filter_map(|detail| detail.error_code.as_deref());
        let reasons = self.details.iter().filter_map(|detail| detail.reason.as_deref());
        codes.chain(reasons).chain(self.status.as_deref()).filter(|code| code.len() <= 64)
    }

    fn verdict(&self, proven: bool) -> Option<http::Verdict> {
        let fields = self.details.iter().flat_map(|detail| &detail.field_violations);
        let field = fields.filter_map(|violation| codes::verdict_of_field(&violation.field)).next();
        field.or_else(|| self.codes().find_map(|code| codes::verdict(code, proven)))
    }
}

/// The outcome of an answer. `proven` says that this project has delivered to some device.
pub(super) fn classify(answer: &Answer, proven: bool, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = body.error;
    let delays = error.details.iter().filter_map(|detail| http::parse_delay(detail.retry_delay.as_deref()?));
    let said = Said {
        provider_id: body.name.filter(|name| name.len() <= 256),
        code: error.codes().next().map(str::to_owned),
        text: error.message.as_deref().map(|message| outgoing.redact(message)).unwrap_or_default(),
        maybe_sent: false,
        verdict: error.verdict(proven),
        retry_after: delays.max(),
        settings: LOOK_AT,
    };
    http::judge(PROVIDER.name, answer, said)
}
