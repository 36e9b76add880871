//! Why a verification was not started, sent or approved, as a problem. None of them says whether anybody has an account at
//! an address: nobody here knows that.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use domain::{BlockReason, PumpingLimits, Verification, VerificationState};
use operations::Unconfirmed;
use operations::verifications::NotVerified;
use web::problem::Problem;

use crate::done::done;
use crate::notifications::body::refusal;
use crate::unavailable::not_confirmed;

/// The answer to somebody whose wish was not done.
pub(super) fn refused(why: NotVerified, limits: &PumpingLimits) -> Problem {
    match why {
        NotVerified::NotDone(not_done) => {
            let Err(problem) = done::<Infallible>(Err(not_done));
            problem
        }
        NotVerified::Refused(wrong) => refusal(wrong),
        NotVerified::Unknown => unknown(),
        NotVerified::Another { id } => another(id),
        NotVerified::Blocked(verification) => blocked(*verification, limits),
        NotVerified::Ended(state) => ended(state),
        NotVerified::TooSoon(wait) => too_soon(wait),
        NotVerified::TooOften => too_many(
            "too-many-sends",
            "It was sent too often",
            "A code is sent at most five times: start another verification.",
        ),
        NotVerified::UnknownKey => gone(
            "verification-outdated",
            "The secret was changed",
            "It was started before SECRET_KEY was changed twice, so that nobody knows its code any more: start another.",
        ),
        NotVerified::Unconfirmed { id, error } => {
            let then = "Repeat it, a start with the same Idempotency-Key: nothing is sent twice.";
            not_confirmed(Unconfirmed { id, error }, then)
        }
    }
}

pub(super) fn unknown() -> Problem {
    Problem::not_found(
        "unknown-verification",
        "There is no such verification",
        "GET /v1/verification lists those of your tenant.",
    )
}

/// A code that is not the right one.
pub(super) fn wrong(left: u32) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-code", "The code is wrong", left_in_words(left))
        .with("attempts_left", left)
}

fn left_in_words(left: u32) -> String {
    match left {
        0 => "It was the last attempt: start another verification.".to_owned(),
        1 => "It may be tried 1 more time.".to_owned(),
        left => format!("It may be tried {left} more times."),
    }
}

fn another(id: String) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "key-used",
        "The Idempotency-Key has started another verification",
        "One key is one verification: take a new key for another address or purpose. Nothing was sent.",
    )
    .with("id", id)
}

fn blocked(verification: Verification, limits: &PumpingLimits) -> Problem {
    let whys: Vec<String> = verification.reasons.iter().map(|reason| explained(*reason, limits)).collect();
    let detail = format!("Nothing was sent: {}.", whys.join("; "));
    let reasons: Vec<&str> = verification.reasons.iter().map(|reason| reason.as_str()).collect();
    of_the_guard(detail).with("id", verification.key.id).with("reasons", reasons)
}

fn of_the_guard(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "verification-blocked", "The guard has blocked it", detail)
}

/// A reason in words, with the setting that decides.
fn explained(reason: BlockReason, limits: &PumpingLimits) -> String {
    let of = |what: &str, limit: u32, time: &str, setting: &str| {
        format!("{limit} were started for this {what} within {time} ({setting})")
    };
    match reason {
        BlockReason::Country if limits.countries.is_empty() => {
            "VERIFY_COUNTRIES names no country, so that codes are sent to no number".into()
        }
        BlockReason::Country => "VERIFY_COUNTRIES does not name the country of the number".into(),
        BlockReason::Premium => {
            "the number is a premium, shared-cost, pager or personal one, and no setting lets codes go there".into()
        }
        BlockReason::Address => of("address", limits.per_address, "ten minutes", "VERIFY_PER_ADDRESS"),
        BlockReason::Client => of("client_ip", limits.per_client, "an hour", "VERIFY_PER_CLIENT"),
        BlockReason::Session => of("session", limits.per_session, "an hour", "VERIFY_PER_SESSION"),
        BlockReason::Prefix => of("range of numbers", limits.per_prefix, "an hour", "VERIFY_PER_PREFIX"),
        BlockReason::Budget => of("country", limits.per_country, "a day", "VERIFY_PER_COUNTRY"),
        BlockReason::PrefixConversion => {
            "codes to this range of numbers are rarely entered (VERIFY_CONVERSION_PERCENT)".into()
        }
        BlockReason::CountryConversion => "codes to this country are rarely entered (VERIFY_CONVERSION_PERCENT)".into(),
    }
}

fn ended(state: VerificationState) -> Problem {
    match state {
        VerificationState::Approved => Problem::new(
            StatusCode::CONFLICT,
            "verification-used",
            "It is approved already",
            "Another request, or the link of its message, was approved: a code is approved once.",
        ),
        VerificationState::Exhausted => too_many(
            "too-many-attempts",
            "It was tried too often",
            "A code is tried at most five times: start another verification.",
        ),
        VerificationState::Cancelled => {
            gone("verification-cancelled", "It was cancelled", "Start another verification.")
        }
        VerificationState::Blocked => of_the_guard("Nothing was sent: GET /v1/verification/{id} shows the reasons."),
        VerificationState::Pending | VerificationState::Expired => gone(
            "verification-expired",
            "Its time is over",
            "A code is good for ten minutes: start another verification.",
        ),
    }
}

fn gone(kind: &'static str, title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::GONE, kind, title, detail)
}

fn too_many(kind: &'static str, title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, kind, title, detail)
}

fn too_soon(wait: Duration) -> Problem {
    let seconds = wait.as_secs().max(1);
    let detail = format!("It was sent a moment ago: it may be sent again in {seconds} seconds.");
    too_many("too-soon", "It was sent a moment ago", &detail).with_retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::left_in_words;

    #[test]
    fn the_last_attempt_but_one_is_told_in_the_singular() {
        assert_eq!([1, 2].map(left_in_words), ["It may be tried 1 more time.", "It may be tried 2 more times."]);
        assert!(left_in_words(0).starts_with("It was the last attempt"));
    }
}
