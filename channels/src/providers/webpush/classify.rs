//! What the answers of push services mean.
//!
//! Sources: RFC 8030 sections 5 and 7.3, RFC 8292 section 4.2, and the error numbers of
//! <https://mozilla-push-service.readthedocs.io/en/latest/http.html#error-codes>. The URL is the recipient's, so that
//! what is wrong with it is none of our faults.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Outcome;
use media::webpush::Subscription;
use serde::Deserialize;
use serde_json::Value;

use super::PROVIDER;
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said, Verdict};

const CREDENTIALS: &str = "WEB_VAPID_PUBLIC_KEY, WEB_VAPID_PRIVATE_KEY and WEB_VAPID_SUBJECT: is it the pair for which \
                           this browser has subscribed, is this machine's clock right, and does somebody read what is \
                           sent to the subject?";
const REQUEST: &str = "whether this program has a newer version: the push service does not take its headers";

/// The code of a subscription that is dead.
pub(super) const DEAD: &str = "subscription_dead";
const IS_DEAD: &str = "the subscription is dead, its browser has none or another: remove it from your records";
const NO_ENDPOINT: &str = "the endpoint takes no push messages";
const REDIRECT: &str = "the endpoint redirects elsewhere, and nothing is sent there";
const TOO_LARGE: &str = "the push service takes no message of this size";

/// The part of an answer that is read: Mozilla's number and words, and Apple's reason. A member of an unexpected form
/// does not hide the others.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    errno: Value,
    message: Value,
    reason: Value,
}

pub(super) fn classify(answer: &Answer, subscription: &Subscription, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let is_dead = matches!(status, 404 | 410);
    let said = Said {
        code: is_dead.then(|| DEAD.to_owned()),
        text: text(status, &body, subscription, outgoing),
        verdict: verdict(status, body.errno.as_u64(), subscription),
        settings: LookAt { credentials: CREDENTIALS, ..LookAt::default() },
        // A push service names a message by a URL with which anybody can delete it.
        provider_id: None,
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

fn verdict(status: u16, errno: Option<u64>, subscription: &Subscription) -> Option<Verdict> {
    Some(match (status, errno) {
        (404 | 410, _) => Verdict::Refused(IS_DEAD),
        (405, _) => Verdict::Refused(NO_ENDPOINT),
        (300..=399, _) => Verdict::Refused(REDIRECT),
        // No TTL, a wrong one, or a wrong topic.
        (400, Some(111..=113)) => Verdict::Ours(REQUEST),
        // So it throttles: https://github.com/MicrosoftDocs/windows-dev-docs/issues/4166
        (406, _) if is_of_windows(subscription) => Verdict::SlowDown,
        _ => return None,
    })
}

fn is_of_windows(subscription: &Subscription) -> bool {
    subscription.endpoint.host_str().is_some_and(|host| host.ends_with(".notify.windows.com"))
}

/// Ours where the status alone says what to do, then the service's own.
fn text(status: u16, body: &Body, subscription: &Subscription, outgoing: &Outgoing<'_>) -> String {
    let advice = (status == 413).then(|| TOO_LARGE.to_owned());
    let number = body.errno.as_u64().map(|number| format!("errno {number}"));
    let words = body.message.as_str().or(body.reason.as_str()).map(|said| quoted(said, subscription, outgoing));
    let words = words.filter(|words| !words.is_empty());
    advice.into_iter().chain(number).chain(words).collect::<Vec<_>>().join(": ")
}

/// Words of a service without anything of the subscription: whoever knows it may send to that browser.
fn quoted(said: &str, subscription: &Subscription, outgoing: &Outgoing<'_>) -> String {
    let endpoint = &subscription.endpoint;
    let keys = [&subscription.p256dh, &subscription.auth].map(|key| URL_SAFE_NO_PAD.encode(key));
    let pieces = endpoint.path_segments().into_iter().flatten().chain(endpoint.query());
    let whole = [endpoint.as_str(), endpoint.path()];
    outgoing.redact_with(said, whole.into_iter().chain(pieces).chain(keys.iter().map(String::as_str)))
}
