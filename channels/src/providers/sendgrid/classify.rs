//! What SendGrid's answers mean.
//!
//! Sources: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors> and
//! <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>.

use std::time::Duration;

use domain::{Outcome, Timestamp};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::PROVIDER;
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said, Verdict};

pub(super) const LOOK_AT: LookAt =
    LookAt { credentials: "SENDGRID_API_KEY, and whether the key may send mail", address: "SENDGRID_BASE_URL" };
/// Every mail is from the one sender that is set.
const SENDER: Verdict =
    Verdict::OurAccount("FROM_EMAIL and FROM_NAME: the account sends only from a sender that it has verified");
const REPLIES: Verdict = Verdict::Ours("SMTP_REPLY_TO");
const REQUEST: Verdict = Verdict::Ours("what SendGrid says of the request: its form does not depend on the recipient");
const CREDITS: Verdict = Verdict::OurAccount(
    "the plan in SendGrid's console: the account has no mails left; take a larger plan, or wait for its next period",
);

/// The part of SendGrid's errors that is read. A successful answer has no body.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    errors: Vec<ErrorBody>,
}

/// One error. A member of an unexpected form does not hide the other.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    message: Value,
    field: Value,
}

pub(super) fn classify(answer: &Answer, outgoing: &Outgoing<'_>) -> Outcome {
    let Body { errors } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let texts: Vec<String> = errors.iter().filter_map(ErrorBody::text).collect();
    let said = Said {
        provider_id: message_id(&answer.headers),
        text: outgoing.redact(&texts.join("; ")),
        verdict: verdict(answer.status.as_u16(), &errors, outgoing.mail),
        retry_after: reset(answer, outgoing.now),
        settings: LOOK_AT,
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

/// What the errors mean; none when the status decides.
///
/// A 400 is this mail's only if all errors name fields that no other mail has: what else is wrong would be wrong with the
/// next mail as well. Without any error that can be read, the answer is not SendGrid's, and its status decides.
fn verdict(status: u16, errors: &[ErrorBody], mail: Option<&Map<String, Value>>) -> Option<Verdict> {
    let is_its_own = |field: &str| is_of_this_mail(field, mail);
    let mut fields = errors.iter().filter_map(ErrorBody::field).filter(|field| !is_its_own(field));
    match status {
        400 if errors.is_empty() => None,
        400 if errors.iter().all(|error| error.field().is_some_and(is_its_own)) => Some(Verdict::Permanent),
        400 => Some(fields.find_map(of_our_settings).unwrap_or(REQUEST)),
        401 if errors.iter().any(ErrorBody::is_about_credits) => Some(CREDITS),
        403 => fields.find_map(of_our_settings),
        _ => None,
    }
}

/// Whether a field such as `personalizations.0.to.0.email` is of this mail alone: its recipients, and what its publisher
/// has set of it.
fn is_of_this_mail(field: &str, mail: Option<&Map<String, Value>>) -> bool {
    let is_given = |name: &str| mail.is_some_and(|mail| mail.contains_key(name));
    let mut steps = field.split('.');
    match steps.next() {
        Some("personalizations") => matches!(steps.nth(1), Some("to" | "cc" | "bcc")),
        Some("reply_to" | "reply_to_list") => is_given("reply_to"),
        Some(name @ ("headers" | "attachments")) => is_given(name),
        _ => false,
    }
}

/// The settings that a field comes from.
fn of_our_settings(field: &str) -> Option<Verdict> {
    match field.split('.').next() {
        Some("from") => Some(SENDER),
        Some("reply_to") => Some(REPLIES),
        _ => None,
    }
}

impl ErrorBody {
    /// The field that the error names. SendGrid's own examples have `null` and `"null"` for none.
    fn field(&self) -> Option<&str> {
        self.field.as_str().filter(|field| !["", "null"].contains(field))
    }

    fn text(&self) -> Option<String> {
        let message = self.message.as_str()?;
        Some(self.field().map_or_else(|| message.to_owned(), |field| format!("{field}: {message}")))
    }

    /// SendGrid answers 401 "Maximum credits exceeded" when the plan's mails are used up.
    fn is_about_credits(&self) -> bool {
        self.message.as_str().is_some_and(|message| message.to_ascii_lowercase().contains("credits exceeded"))
    }
}

/// The id by which SendGrid knows an accepted mail.
fn message_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-message-id")?.to_str().ok()?.trim();
    ((1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())).then(|| id.to_owned())
}

/// The wait until the account's period ends, in which it has made as many requests as it may. The header is on every
/// answer and counts only where the request was one too many.
fn reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let header = answer.headers.get("x-ratelimit-reset").filter(|_| answer.status.as_u16() == 429)?;
    let second: u32 = header.to_str().ok()?.trim().parse().ok()?;
    http::until(Timestamp::from_seconds(second.into()), answer.date.unwrap_or(now))
}
