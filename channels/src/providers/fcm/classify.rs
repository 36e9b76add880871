//! What FCM's answers mean.

use std::time::Duration;

use domain::{About, Outcome};
use media::push::{self, Target};
use serde::Deserialize;

use super::{PROVIDER, codes};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said, Verdict};

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
    description: Option<String>,
}

impl ErrorBody {
    /// The codes of an error, the most telling first: FCM's own code, the reason, the status.
    fn codes(&self) -> impl Iterator<Item = &str> {
        let codes = self.details.iter().filter_map(|detail| detail.error_code.as_deref());
        let reasons = self.details.iter().filter_map(|detail| detail.reason.as_deref());
        codes.chain(reasons).chain(self.status.as_deref()).filter(|code| code.len() <= 64)
    }

    fn violations(&self) -> impl Iterator<Item = &FieldViolation> {
        self.details.iter().flat_map(|detail| &detail.field_violations)
    }

    /// What FCM says, after the name of the field that it means where its words leave that out.
    fn text(&self) -> String {
        let said = self.message.as_deref().unwrap_or_default();
        let mut fields = self.violations().map(|violation| violation.field.as_str());
        match fields.find(|field| (1..=64).contains(&field.len()) && !said.contains(field)) {
            Some(field) => format!("{field}: {said}"),
            None => said.to_owned(),
        }
    }

    /// `refuses` says that the status is 400: any other speaks of no argument for good.
    fn verdict(&self, refuses: bool, proven: bool) -> Option<Verdict> {
        let of_field = |violation: &FieldViolation| {
            codes::verdict_of_field(&violation.field, violation.description.as_deref().unwrap_or_default())
        };
        let counts = |verdict: &Verdict| refuses || verdict.is_ours();
        let fields: Vec<Verdict> = self.violations().filter_map(of_field).filter(counts).collect();
        // What is wrong on our side is wrong for every message, whatever else is wrong with this one.
        let ours = fields.iter().find(|verdict| verdict.is_ours());
        let of_fields = ours.or(fields.first()).copied();
        let of_text = || codes::verdict_of_argument(self.codes().next()?, self.message.as_deref()?);
        of_fields
            .or_else(|| of_text().filter(counts))
            .or_else(|| self.codes().find_map(|code| codes::verdict(code, proven)))
    }

    /// The wait that the details name, or the one for a quota when the answer names none at all.
    fn wait(&self, answer: &Answer) -> Option<Duration> {
        let delays = self.details.iter().filter_map(|detail| http::parse_delay(detail.retry_delay.as_deref()?));
        let is_quota = || answer.retry_after.is_none() && self.codes().any(codes::is_quota);
        delays.max().or_else(|| is_quota().then_some(codes::QUOTA_WINDOW))
    }
}

/// The outcome of an answer. `proven` says that this project has delivered to some device.
pub(super) fn classify(answer: &Answer, proven: bool, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = body.error;
    let verdict = error.verdict(answer.status.as_u16() == 400, proven);
    let about = match verdict {
        // A quota may be that of one device or one topic: FCM does not always say which.
        _ if error.codes().any(codes::is_quota) => Some(About::Message),
        // The access token is refused, and the next attempt asks for another one. That shows whether the account is.
        None if answer.status.as_u16() == 401 => Some(About::Provider),
        _ => None,
    };
    let said = Said {
        provider_id: body.name.filter(|name| name.len() <= 256),
        code: error.codes().next().map(str::to_owned),
        text: shown(&error.text(), outgoing),
        maybe_sent: false,
        is_refused: false,
        verdict,
        retry_after: error.wait(answer),
        settings: LOOK_AT,
        about,
    };
    http::judge(PROVIDER.name, answer, said)
}

/// What FCM says, without the recipient as FCM was given it and without the values of options.
fn shown(said: &str, outgoing: &Outgoing<'_>) -> String {
    if said.is_empty() {
        return String::new();
    }
    let (Target::Token(id) | Target::Installation(id) | Target::Topic(id)) = Target::of(outgoing.destination);
    let options = push::options(outgoing.data);
    let values = options.iter().filter_map(|(_, value)| value.as_str());
    outgoing.redact_with(said, values.chain([id]))
}
