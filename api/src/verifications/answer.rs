//! A verification as it is shown: never its code, and of its address the mask.

use domain::{ChannelName, Timestamp, Verification};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who is to show that an address is theirs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerificationAnswer {
    /// Its id.
    #[schema(example = "0195e2a7-3d1c-7bb1-8f0e-6a4b7c1d2e3f")]
    id: String,
    /// `pending`, `approved`, `expired`, `exhausted` (tried five times), `cancelled` or `blocked` (by the guard).
    #[schema(example = "pending")]
    status: &'static str,
    /// What it is for.
    #[schema(example = "login")]
    purpose: String,
    /// The channel by which its code went first.
    #[schema(example = "email")]
    channel: String,
    /// Where to, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// The dial code of the number that it may go to. Null where there is none.
    #[schema(example = "+34")]
    dial_code: Option<String>,
    /// How often the code may still be tried.
    #[schema(example = 5)]
    attempts_left: u32,
    /// How often the code was sent.
    #[schema(example = 1)]
    sends: u32,
    /// Why the guard has blocked it: `country`, `premium`, `address`, `client`, `session`, `prefix`, `budget`,
    /// `prefix_conversion`, `country_conversion`. Empty where it has not; but `country` and `premium` stand there, too, where
    /// the number of a ladder was left out, because no codes are sent to its country, or to numbers of its kind.
    reasons: Vec<&'static str>,
    /// When it was started.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when the code is good.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it has ended. Null while it is pending.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// The channels by which the code goes, each a minute after the one before it, until it is entered. Absent where it
    /// was not just started: the ledger has no addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    channels: Option<Vec<String>>,
}

/// As its row has it, at this instant.
pub(super) fn answer(verification: Verification, now: Timestamp) -> VerificationAnswer {
    VerificationAnswer {
        status: verification.state_at(now).as_str(),
        attempts_left: verification.attempts_left(),
        id: verification.key.id,
        purpose: verification.purpose,
        channel: verification.channel.to_string(),
        recipient: verification.recipient_mask,
        dial_code: verification.dial_code,
        sends: verification.sends,
        reasons: verification.reasons.iter().map(|reason| reason.as_str()).collect(),
        created_at: verification.created_at.to_string(),
        expires_at: verification.expires_at.to_string(),
        ended_at: verification.ended_at.map(|at| at.to_string()),
        channels: None,
    }
}

/// The same with the channels of its ladder.
pub(super) fn started<'a>(
    verification: Verification,
    channels: impl Iterator<Item = &'a ChannelName>,
    now: Timestamp,
) -> VerificationAnswer {
    let channels = channels.map(ToString::to_string).collect();
    VerificationAnswer { channels: Some(channels), ..answer(verification, now) }
}
