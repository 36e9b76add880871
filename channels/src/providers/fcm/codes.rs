//! What the error codes of FCM and of Google's token endpoint mean for us: whose fault an error is, and whether to come
//! back.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>, the `google.rpc` details of
//! <https://cloud.google.com/apis/design/errors>, and RFC 6749 section 5.2 for the token endpoint.

use crate::http::Verdict;

const SERVICE_ACCOUNT: &str = "FIREBASE_SERVICE_ACCOUNT_KEY: is its account allowed to send for FIREBASE_PROJECT_ID \
                               (role Firebase Cloud Messaging API Admin)?";
const API: &str = "the Firebase Cloud Messaging API (V1) in Google's console: it is not enabled for this project";
const PROJECT: &str =
    "FIREBASE_PROJECT_ID: there is no such project, or it is not that of FIREBASE_SERVICE_ACCOUNT_KEY";
const BILLING: &str = "the project's billing in Google's console";
const PLATFORM_KEY: &str =
    "Project settings, Cloud Messaging, in Firebase's console: the key for Apple devices or for web push is wrong";
const OTHER_SENDER: &str = "FIREBASE_PROJECT_ID and FIREBASE_SERVICE_ACCOUNT_KEY: the device registered with another \
                            project, and nothing has been sent with this one yet";

/// What a code means; none when the status decides. `code` is FCM's own, or the reason or the status of Google's error.
///
/// A device that registered with another project (`SENDER_ID_MISMATCH`) is itself at fault where this project has
/// delivered to other devices (`proven`). Where it has not, the project may be the wrong one for all of them.
pub(super) fn verdict(code: &str, proven: bool) -> Option<Verdict> {
    Some(match code {
        "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" | "RATE_LIMIT_EXCEEDED" => Verdict::SlowDown,
        "UNREGISTERED" => Verdict::Permanent,
        "SENDER_ID_MISMATCH" if proven => Verdict::Permanent,
        "SENDER_ID_MISMATCH" => Verdict::Ours(OTHER_SENDER),
        "THIRD_PARTY_AUTH_ERROR" => Verdict::Ours(PLATFORM_KEY),
        "SERVICE_DISABLED" => Verdict::Ours(API),
        "CONSUMER_INVALID" | "CONSUMER_SUSPENDED" | "USER_PROJECT_DENIED" | "RESOURCE_PROJECT_INVALID" => {
            Verdict::Ours(PROJECT)
        }
        "BILLING_DISABLED" => Verdict::Ours(BILLING),
        "IAM_PERMISSION_DENIED" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => Verdict::Ours(SERVICE_ACCOUNT),
        _ => return None,
    })
}

/// What an invalid argument means by its field: none when the field is the message's, and a fault of the project when
/// it is part of our URL.
pub(super) fn verdict_of_field(field: &str) -> Option<Verdict> {
    matches!(field, "name" | "parent" | "project" | "project_id").then_some(Verdict::Ours(PROJECT))
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
    use super::*;

    #[test]
    fn what_is_wrong_on_our_side_points_to_a_setting() {
        for (code, look_at) in [
            ("THIRD_PARTY_AUTH_ERROR", "Cloud Messaging"),
            ("SERVICE_DISABLED", "not enabled"),
            ("CONSUMER_INVALID", "FIREBASE_PROJECT_ID"),
            ("IAM_PERMISSION_DENIED", "FIREBASE_SERVICE_ACCOUNT_KEY"),
            ("SENDER_ID_MISMATCH", "FIREBASE_PROJECT_ID"),
        ] {
            let Some(Verdict::Ours(text)) = verdict(code, false) else { panic!("{code}") };
            assert!(text.contains(look_at), "{code}: {text}");
        }
        assert!(matches!(verdict_of_field("name"), Some(Verdict::Ours(_))));
        assert_eq!(verdict_of_field("message.token"), None);
    }

    #[test]
    fn a_device_of_another_project_is_the_devices_fault_once_this_project_has_delivered() {
        assert_eq!(verdict("SENDER_ID_MISMATCH", true), Some(Verdict::Permanent));
        assert_eq!(verdict("UNREGISTERED", false), Some(Verdict::Permanent));
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
