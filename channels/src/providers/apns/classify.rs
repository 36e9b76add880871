//! What Apple's answers mean.
//!
//! Source: <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>. A
//! reason that is not listed is judged by its status.

use domain::{About, Outcome, Timestamp};
use serde_json::Value;

use super::PROVIDER;
use crate::http::{self, Answer, LookAt, Said, Verdict};

const LOOK_AT: LookAt = LookAt { credentials: "APNS_KEY, APNS_KEY_ID and APNS_TEAM_ID", address: "APNS_BASE_URL" };

const KEY: Verdict =
    Verdict::OurAccount("APNS_KEY, APNS_KEY_ID and APNS_TEAM_ID: Apple knows no such key of this team");
const ENVIRONMENT: Verdict = Verdict::OurAccount(
    "APNS_KEY_ID and APNS_BASE_URL: the key is not one for this environment, production or sandbox",
);
const CLOCK: Verdict =
    Verdict::OurAccount("APNS_KEY, and this machine's clock: the token is over an hour old for Apple");
const NO_APP: &str = "APNS_TOPIC: it is no app of this key's team that takes pushes";
/// Every push goes to the one topic that is set.
const TOPIC: Verdict = Verdict::OurAccount(NO_APP);
/// A device of another app: whether it or the topic is at fault, the first push that is taken shows.
const TOPIC_OR_DEVICE: Verdict = Verdict::Ours(NO_APP);
const REQUEST: Verdict = Verdict::Ours(
    "APNS_BASE_URL, and whether this program has a newer version: the form of a request does not depend on the recipient",
);
const DEAD: Verdict = Verdict::Refused(
    "this token is dead, the app is gone or has another: remove it from your records, unless the app registered it later",
);
const NO_DEVICE: Verdict = Verdict::Refused(
    "Apple knows no such token in this environment: it is wrong, or of an app of the other one, production or sandbox",
);
const OTHER_APP: Verdict = Verdict::Refused("this token is of another app than APNS_TOPIC");
const TOO_LARGE: Verdict = Verdict::Refused("Apple takes no push of this size");

/// What a reason means, whatever the status.
const REASONS: &[(&str, Verdict)] = &[
    ("BadDeviceToken", NO_DEVICE),
    ("Unregistered", DEAD),
    ("ExpiredToken", DEAD),
    ("PayloadTooLarge", TOO_LARGE),
    ("ExpiredProviderToken", CLOCK),
    ("InvalidProviderToken", KEY),
    ("MissingProviderToken", KEY),
    ("UnrelatedKeyIdInToken", KEY),
    ("Forbidden", KEY),
    ("BadEnvironmentKeyIdInToken", ENVIRONMENT),
    ("MissingTopic", TOPIC),
    ("BadTopic", TOPIC),
    ("TopicDisallowed", TOPIC),
    ("BadCollapseId", REQUEST),
    ("BadExpirationDate", REQUEST),
    ("BadMessageId", REQUEST),
    ("BadPath", REQUEST),
    ("BadPriority", REQUEST),
    ("DuplicateHeaders", REQUEST),
    ("InvalidPushType", REQUEST),
    ("MethodNotAllowed", REQUEST),
    ("MissingDeviceToken", REQUEST),
    ("PayloadEmpty", REQUEST),
    ("TooManyProviderTokenUpdates", Verdict::SlowDown),
    ("TooManyRequests", Verdict::SlowDown),
    ("IdleTimeout", Verdict::Outage),
    ("InternalServerError", Verdict::Outage),
    ("ServiceUnavailable", Verdict::Outage),
    ("Shutdown", Verdict::Outage),
];

/// "The device token doesn't match the specified topic."
const NOT_FOR_TOPIC: &str = "DeviceTokenNotForTopic";

/// The outcome of an answer. `proven` says that a device has taken a push for this topic.
pub(super) fn classify(answer: &Answer, proven: bool) -> Outcome {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let reason = body["reason"].as_str().filter(|reason| is_reason(reason));
    let since = body["timestamp"].as_i64().map(|millis| Timestamp::from_micros(millis.saturating_mul(1000)));
    let said = Said {
        provider_id: answer
            .headers
            .get("apns-id")
            .and_then(|id| id.to_str().ok())
            .filter(|id| is_id(id))
            .map(str::to_owned),
        code: reason.filter(|_| !answer.status.is_success()).map(str::to_owned),
        text: since.map(|since| format!("since {since}")).unwrap_or_default(),
        verdict: reason.and_then(|reason| verdict(reason, proven)),
        settings: LOOK_AT,
        // Apple limits how often one device is written to.
        about: (reason == Some("TooManyRequests")).then_some(About::Message),
        ..Said::default()
    };
    http::judge(PROVIDER.name, answer, said)
}

/// What a reason means; none when the status decides.
///
/// A device of another app is itself at fault where another device has taken a push for this topic. Where none has, the
/// topic may be the wrong one for all of them.
fn verdict(reason: &str, proven: bool) -> Option<Verdict> {
    if reason == NOT_FOR_TOPIC {
        return Some(if proven { OTHER_APP } else { TOPIC_OR_DEVICE });
    }
    REASONS.iter().find(|(known, _)| *known == reason).map(|(_, verdict)| *verdict)
}

/// Whether a text has the form of a reason: then nothing personal stands in it.
fn is_reason(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tests::page;

    #[test]
    fn the_page_of_the_fake_lists_every_reason() {
        let known = REASONS.iter().map(|(reason, _)| *reason).chain([NOT_FOR_TOPIC]);
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        assert_eq!(page::codes_of("apns"), known);
    }
}
