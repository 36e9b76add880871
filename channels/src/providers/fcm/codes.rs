//! What the error codes of FCM and of Google's token endpoint mean for us: whose fault an error is, and whether to come
//! back.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>,
//! <https://firebase.google.com/docs/cloud-messaging/error-codes>, the `google.rpc` details of
//! <https://cloud.google.com/apis/design/errors>, and RFC 6749 section 5.2 for the token endpoint.

use std::time::Duration;

use crate::http::Verdict;

const SERVICE_ACCOUNT: &str = "FIREBASE_SERVICE_ACCOUNT_KEY: is its account allowed to send for FIREBASE_PROJECT_ID \
                               (role Firebase Cloud Messaging API Admin)?";
const API: &str = "the Firebase Cloud Messaging API (V1) in Google's console: it is not enabled for this project";
const PROJECT: &str =
    "FIREBASE_PROJECT_ID: there is no such project, or it is not that of FIREBASE_SERVICE_ACCOUNT_KEY";
const SUSPENDED: &str =
    "the project in Google's console: it is suspended; Google's mail to its owners says why and how to appeal";
const BILLING: &str =
    "the project's billing account in Google's console: it is closed or disabled; open it again, or link another";
const PLATFORM_KEY: &str =
    "Project settings, Cloud Messaging, in Firebase's console: the key for Apple devices or for web push is wrong";
const OTHER_SENDER: &str = "FIREBASE_PROJECT_ID and FIREBASE_SERVICE_ACCOUNT_KEY: the device registered with another \
                            project, and nothing has been sent with this one yet";
const REQUEST: &str = "FCM_BASE_URL, and whether this program has a newer version: a field that it sends is not known \
                       there";
const DEAD: &str = "this token or installation is dead, the app is gone or has another: remove it from your records";
const NO_DESTINATION: &str = "FCM knows no such token, installation or topic: remove it from your records";
const ELSEWHERE: &str = "this token is of another Firebase project: remove it from your records";
const CONTENT: &str = "FCM does not take what the message carries; its recipient is not at fault";

/// How long a sender waits whose quota is used up, where the answer does not say: quotas are by the minute
/// (<https://firebase.google.com/docs/cloud-messaging/scale-fcm>, "default to 60 seconds").
pub(super) const QUOTA_WINDOW: Duration = Duration::from_secs(60);

/// What a code means; none when the status decides. `code` is FCM's own, or the reason or the status of Google's error.
///
/// A device that registered with another project (`SENDER_ID_MISMATCH`) is itself at fault where this project has
/// delivered to other devices (`proven`). Where it has not, the project may be the wrong one for all of them.
pub(super) fn verdict(code: &str, proven: bool) -> Option<Verdict> {
    Some(match code {
        code if is_quota(code) => Verdict::SlowDown,
        "UNREGISTERED" => Verdict::Refused(DEAD),
        "SENDER_ID_MISMATCH" if proven => Verdict::Refused(ELSEWHERE),
        "SENDER_ID_MISMATCH" => Verdict::Ours(OTHER_SENDER),
        // The keys for Apple and for browsers: what goes to Android arrives.
        "THIRD_PARTY_AUTH_ERROR" => Verdict::Ours(PLATFORM_KEY),
        "SERVICE_DISABLED" => Verdict::OurAccount(API),
        "CONSUMER_INVALID" | "USER_PROJECT_DENIED" | "RESOURCE_PROJECT_INVALID" => Verdict::OurAccount(PROJECT),
        "CONSUMER_SUSPENDED" => Verdict::OurAccount(SUSPENDED),
        "BILLING_DISABLED" => Verdict::OurAccount(BILLING),
        "IAM_PERMISSION_DENIED" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => Verdict::OurAccount(SERVICE_ACCOUNT),
        _ => return None,
    })
}

/// Whether a code says that a quota is used up.
pub(super) fn is_quota(code: &str) -> bool {
    matches!(code, "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" | "RATE_LIMIT_EXCEEDED")
}

/// What an invalid argument means, by the field that `google.rpc.BadRequest` names and its description: a fault of the
/// project when the field is part of our URL, of this program when FCM does not know the field, and else of the
/// recipient or of what the message carries. None when the status decides.
pub(super) fn verdict_of_field(field: &str, description: &str) -> Option<Verdict> {
    Some(match field {
        "name" | "parent" | "project" | "project_id" => Verdict::OurAccount(PROJECT),
        _ if description.contains("Cannot find field") => Verdict::Ours(REQUEST),
        "message.token" | "message.fid" | "message.topic" => Verdict::Refused(NO_DESTINATION),
        _ if field.starts_with("message.") => Verdict::Refused(CONTENT),
        _ => return None,
    })
}

/// What an invalid argument means where no field is named. Only of the token FCM says so in words.
pub(super) fn verdict_of_argument(code: &str, text: &str) -> Option<Verdict> {
    let of_the_token = code == "INVALID_ARGUMENT" && text.contains("not a valid FCM registration token");
    of_the_token.then_some(Verdict::Refused(NO_DESTINATION))
}

/// What an answer of the token endpoint calls for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenVerdict {
    /// The fault stays until somebody acts; the text says what to look at.
    Ours(&'static str),
    SlowDown,
    /// The fault passes by itself.
    Outage,
}

/// What the endpoint's own code means; none when the status decides.
pub(super) fn token_verdict(code: &str) -> Option<TokenVerdict> {
    Some(match code {
        "slow_down" | "rate_limit_exceeded" | "quota_exceeded" | "temporarily_unavailable" => TokenVerdict::SlowDown,
        "server_error" | "internal_failure" | "backend_error" => TokenVerdict::Outage,
        "invalid_grant" => TokenVerdict::Ours(
            "FIREBASE_SERVICE_ACCOUNT_KEY: the key was deleted, or its account disabled; or this machine's clock is wrong",
        ),
        "invalid_client" | "unauthorized_client" | "deleted_client" | "disabled_client" | "access_denied" => {
            TokenVerdict::Ours("FIREBASE_SERVICE_ACCOUNT_KEY: its account does not exist or may not ask for tokens")
        }
        "invalid_scope" | "org_internal" | "admin_policy_enforced" => {
            TokenVerdict::Ours("the service account in Google's console: it may not use Firebase Cloud Messaging")
        }
        "unsupported_grant_type" | "invalid_request" => TokenVerdict::Ours(
            "FCM_TOKEN_URL, or token_uri in FIREBASE_SERVICE_ACCOUNT_KEY: it is not Google's endpoint",
        ),
        _ => return None,
    })
}

/// What the status means, where the code says nothing.
pub(super) const fn token_verdict_of_status(status: u16) -> TokenVerdict {
    match status {
        429 | 503 => TokenVerdict::SlowDown,
        408 | 425 | 500.. => TokenVerdict::Outage,
        400 | 401 | 403 => TokenVerdict::Ours("FIREBASE_SERVICE_ACCOUNT_KEY and FCM_TOKEN_URL"),
        _ => TokenVerdict::Ours("FCM_TOKEN_URL, or token_uri in FIREBASE_SERVICE_ACCOUNT_KEY"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tests::page;

    /// The codes are the words of this file that the table knows.
    #[test]
    fn the_page_of_the_fake_lists_every_code() {
        let is_a_code = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let words = include_str!("codes.rs").split('"').filter(is_a_code);
        let known: BTreeSet<String> = words.filter(|word| verdict(word, false).is_some()).map(str::to_owned).collect();
        assert_eq!(page::codes_of("fcm"), known);
    }

    #[test]
    fn what_is_wrong_on_our_side_points_to_a_setting() {
        for (code, look_at) in [
            ("THIRD_PARTY_AUTH_ERROR", "Cloud Messaging"),
            ("SERVICE_DISABLED", "not enabled"),
            ("BILLING_DISABLED", "billing account"),
            ("CONSUMER_SUSPENDED", "suspended"),
            ("CONSUMER_INVALID", "FIREBASE_PROJECT_ID"),
            ("IAM_PERMISSION_DENIED", "FIREBASE_SERVICE_ACCOUNT_KEY"),
            ("SENDER_ID_MISMATCH", "FIREBASE_PROJECT_ID"),
        ] {
            let Some(Verdict::Ours(text) | Verdict::OurAccount(text)) = verdict(code, false) else { panic!("{code}") };
            assert!(text.contains(look_at), "{code}: {text}");
        }
        assert!(matches!(verdict_of_field("name", ""), Some(Verdict::OurAccount(_))));
        assert!(matches!(
            verdict_of_field("message", "Unknown name \"fid\": Cannot find field."),
            Some(Verdict::Ours(_))
        ));
        assert_eq!(verdict_of_field("message", "Recipient of the message is not set."), None);
    }

    #[test]
    fn a_project_that_may_send_nothing_shuts_out_every_message_and_the_key_of_one_platform_does_not() {
        for code in [
            "SERVICE_DISABLED",
            "BILLING_DISABLED",
            "CONSUMER_SUSPENDED",
            "CONSUMER_INVALID",
            "USER_PROJECT_DENIED",
            "RESOURCE_PROJECT_INVALID",
            "IAM_PERMISSION_DENIED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ] {
            assert!(matches!(verdict(code, true), Some(Verdict::OurAccount(_))), "{code}");
        }
        for code in ["THIRD_PARTY_AUTH_ERROR", "SENDER_ID_MISMATCH"] {
            assert!(matches!(verdict(code, false), Some(Verdict::Ours(_))), "{code}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_recipient_says_to_remove_it_and_what_is_wrong_with_a_message_does_not() {
        let removed = |verdict| matches!(verdict, Some(Verdict::Refused(why)) if why.contains("remove it"));
        for field in ["message.token", "message.fid", "message.topic"] {
            assert!(removed(verdict_of_field(field, "Invalid registration token")), "{field}");
        }
        for field in ["message.data[0].value", "message.android.ttl", "message.notification.image", "message.tokenize"]
        {
            assert_eq!(verdict_of_field(field, ""), Some(Verdict::Refused(CONTENT)), "{field}");
        }
        let text = "The registration token is not a valid FCM registration token";
        assert!(removed(verdict_of_argument("INVALID_ARGUMENT", text)));
        assert_eq!(verdict_of_argument("INTERNAL", text), None);
        assert_eq!(verdict_of_argument("INVALID_ARGUMENT", "Request contains an invalid argument."), None);
        assert!(removed(verdict("UNREGISTERED", false)) && removed(verdict("SENDER_ID_MISMATCH", true)));
    }

    #[test]
    fn a_device_of_another_project_is_the_devices_fault_once_this_project_has_delivered() {
        assert_eq!(verdict("SENDER_ID_MISMATCH", true), Some(Verdict::Refused(ELSEWHERE)));
        assert_eq!(verdict("UNREGISTERED", false), Some(Verdict::Refused(DEAD)));
        for code in ["INVALID_ARGUMENT", "UNAVAILABLE", "INTERNAL", "NOT_FOUND", "PERMISSION_DENIED", ""] {
            assert_eq!(verdict(code, true), None, "{code}: the status decides");
        }
    }

    #[test]
    fn the_token_endpoints_codes_go_before_its_status() {
        for (code, expected) in [
            ("invalid_grant", "ours"),
            ("invalid_client", "ours"),
            ("slow_down", "slow down"),
            ("temporarily_unavailable", "slow down"),
            ("server_error", "outage"),
        ] {
            assert_eq!(kind(token_verdict(code).unwrap()), expected, "{code}");
        }
        assert_eq!(token_verdict("something_new"), None);
        for (status, expected) in [
            (302, "ours"),
            (400, "ours"),
            (401, "ours"),
            (403, "ours"),
            (404, "ours"),
            (408, "outage"),
            (429, "slow down"),
            (500, "outage"),
            (502, "outage"),
            (503, "slow down"),
        ] {
            assert_eq!(kind(token_verdict_of_status(status)), expected, "{status}");
        }
    }

    fn kind(verdict: TokenVerdict) -> &'static str {
        match verdict {
            TokenVerdict::Ours(_) => "ours",
            TokenVerdict::SlowDown => "slow down",
            TokenVerdict::Outage => "outage",
        }
    }
}
