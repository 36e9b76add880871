//! What the token endpoint answers: a token, in whatever form it is written, or why there is none and when to ask
//! again.

use std::time::Duration;

use domain::{About, Failure, Outcome, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::http::Answer;
use crate::providers::fcm::PROVIDER;
use crate::providers::fcm::codes::{TokenVerdict, token_verdict, token_verdict_of_status};

/// A token is not used in the last minute of its life, because it must still be valid when it arrives.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a token is used when its endpoint does not say how long it lives, or does not say it as a number.
const UNKNOWN_LIFE: Duration = Duration::from_secs(10 * 60);
/// The longest time for which a token is used, whatever its endpoint says.
const LONGEST_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// The longest wait before the endpoint is asked again, however long a wait it names.
const LONGEST_SILENCE: Duration = Duration::from_secs(5 * 60);
/// The least difference of two clocks that is worth a warning. Google accepts assertions within five minutes of its
/// time.
const CLOCK_SKEW: Duration = Duration::from_secs(2 * 60);

/// A bearer token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    pub(super) until: Timestamp,
}

/// Why there is no token. Nothing was sent to FCM.
#[derive(Clone, Debug)]
pub(in crate::providers::fcm) struct Refused {
    pub(super) code: Option<String>,
    detail: String,
    pub(super) kind: TokenVerdict,
    /// When the endpoint wants to be asked again, and not before.
    come_back: Option<Timestamp>,
    /// Until when nobody asks the endpoint, because its answer is known.
    silent_until: Option<Timestamp>,
}

impl Refused {
    /// Whether this refusal is still valid, because the endpoint has said when it wants to be asked again.
    pub(super) fn still_holds(&self, now: Timestamp) -> bool {
        self.silent_until.is_some_and(|until| now < until)
    }

    pub(in crate::providers::fcm) fn outcome(self, now: Timestamp) -> Outcome {
        let retry_after = self.come_back.filter(|at| *at > now).map(|at| at.since(now));
        let detail = match self.kind {
            TokenVerdict::Ours(look_at) => format!("no access token: {}; look at {look_at}", self.detail),
            TokenVerdict::SlowDown | TokenVerdict::Outage => format!("no access token: {}", self.detail),
        };
        let about = match self.kind {
            TokenVerdict::Ours(_) => About::Credentials,
            TokenVerdict::SlowDown | TokenVerdict::Outage => About::Provider,
        };
        let failure = Failure::new(PROVIDER.name, self.code, detail).about(about);
        match self.kind {
            TokenVerdict::SlowDown => Outcome::Throttled { failure, retry_after },
            TokenVerdict::Outage if retry_after.is_some() => Outcome::Throttled { failure, retry_after },
            kind => Outcome::Retriable {
                failure: failure.not_before(retry_after),
                alarm: matches!(kind, TokenVerdict::Ours(_)),
                maybe_sent: false,
            },
        }
    }
}

/// The endpoint's answers, good and bad. A member of an unexpected form does not hide the others.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    access_token: Value,
    expires_in: Value,
    error: Value,
}

pub(super) fn read(answer: &Answer, now: Timestamp) -> Result<Token, Refused> {
    let json = serde_json::from_slice(&answer.body);
    let is_json = json.is_ok();
    let body: Body = json.unwrap_or_default();
    if !answer.status.is_success() || !body.error.is_null() {
        return Err(not_granted(answer, body.error.as_str(), now));
    }
    match body.access_token.as_str().filter(|token| is_token(token)) {
        Some(token) => {
            Ok(Token { secret: token.into(), until: now.plus(life(&body.expires_in).saturating_sub(MARGIN)) })
        }
        None if answer.broken_off => Err(outage("the answer of its endpoint broke off")),
        None => Err(not_understood(answer.status.as_u16(), is_json)),
    }
}

/// The refusal for an answer that cannot be Google's.
fn not_understood(status: u16, is_json: bool) -> Refused {
    let what = if is_json { "is JSON without an access_token" } else { "is not JSON" };
    let look_at = "FCM_TOKEN_URL, or token_uri in FIREBASE_SERVICE_ACCOUNT_KEY";
    let detail = format!("HTTP {status} from its endpoint, but the answer {what}");
    Refused { code: Some(status.to_string()), ..refused(&detail, TokenVerdict::Ours(look_at)) }
}

fn not_granted(answer: &Answer, error: Option<&str>, now: Timestamp) -> Refused {
    let status = answer.status.as_u16();
    let kind = error.and_then(token_verdict).unwrap_or_else(|| token_verdict_of_status(status));
    let mut detail = format!("HTTP {status} from its endpoint");
    if matches!(kind, TokenVerdict::Ours(_)) {
        detail.extend(answer.date.and_then(|date| skew(now, date)));
    }
    let code =
        error.filter(|code| is_token(code) && code.len() <= 64).map_or_else(|| status.to_string(), str::to_owned);
    let silence = answer.retry_after.map(|wait| now.plus(wait.min(LONGEST_SILENCE)));
    Refused {
        code: Some(code),
        come_back: answer.retry_after.map(|wait| now.plus(wait)),
        silent_until: silence,
        ..refused(&detail, kind)
    }
}

/// A warning when two clocks differ: an assertion is too old then, or not yet valid.
fn skew(ours: Timestamp, its: Timestamp) -> Option<String> {
    let (behind, ahead) = (its.since(ours), ours.since(its));
    let minutes = behind.max(ahead).as_secs() / 60;
    let way = if behind > ahead { "behind" } else { "ahead of" };
    (behind.max(ahead) > CLOCK_SKEW).then(|| format!(", and this machine's clock is {minutes} minutes {way} its clock"))
}

/// Whether a text fits into a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// How long a token lives: a number of seconds in any form, also as a text.
fn life(expires_in: &Value) -> Duration {
    let seconds = match expires_in {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    match seconds.filter(|seconds: &f64| !seconds.is_nan()) {
        None => UNKNOWN_LIFE,
        Some(seconds) => {
            Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST_LIFE.as_secs_f64())).unwrap_or(UNKNOWN_LIFE)
        }
    }
}

/// A refusal that passes by itself.
pub(super) fn outage(detail: &str) -> Refused {
    refused(detail, TokenVerdict::Outage)
}

/// The refusal for a key that cannot sign.
pub(super) fn unsigned() -> Refused {
    let look_at = "FIREBASE_SERVICE_ACCOUNT_KEY: its private_key";
    refused("the assertion was not signed", TokenVerdict::Ours(look_at))
}

fn refused(detail: &str, kind: TokenVerdict) -> Refused {
    Refused { code: None, detail: detail.to_owned(), kind, come_back: None, silent_until: None }
}
