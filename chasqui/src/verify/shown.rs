//! A verification as it is printed: in a line, as a row, whole, and as JSON. There is no code in it and no address.

use domain::{Checked, Timestamp, Verification, VerificationState};
use serde_json::{Value, json};

use crate::words::counted;

pub(super) const HEADING: [&str; 10] =
    ["ID", "STATE", "CHANNEL", "RECIPIENT", "FOR", "COUNTRY", "TRIES", "SENT", "STARTED", "GUARD"];
pub(super) const UNKNOWN_KEY: &str = "SECRET_KEY is not the one with which this verification was started, nor is \
                                      SECRET_KEY_PREVIOUS: start another one";
/// What is counted as a try, so that nobody takes all of them for wrong ones.
const ALL_TRIES: &str = " (right ones, and those behind the end, among them)";
const UNKNOWN: &str = "-";

pub(super) fn row_of(one: &Verification, now: Timestamp) -> [String; 10] {
    [
        one.key.id.clone(),
        one.state_at(now).as_str().to_owned(),
        one.channel.to_string(),
        one.recipient_mask.clone(),
        one.purpose.clone(),
        one.dial_code.as_deref().unwrap_or(UNKNOWN).to_owned(),
        one.checks.to_string(),
        one.sends.to_string(),
        one.created_at.to_string(),
        guarded(one).unwrap_or_default(),
    ]
}

/// Where it went, and until when its code is good.
pub(super) fn line_of(one: &Verification) -> String {
    format!("by {} to {}, good until {}", one.channel, one.recipient_mask, one.expires_at)
}

pub(super) fn lines(one: &Verification, now: Timestamp) -> Vec<String> {
    let state = one.state_at(now);
    let left = match state {
        VerificationState::Pending => format!(", {}", counted(one.attempts_left(), "attempt left", "attempts left")),
        _ => String::new(),
    };
    let mut lines = vec![
        format!("{}  {}  of {}", one.key.id, state.as_str(), one.key.tenant),
        format!("  {}", line_of(one)),
        format!("  for {}, started {}", one.purpose, one.created_at),
        format!("  sent {}, tried {}{ALL_TRIES}{left}", times(one.sends), times(one.checks)),
    ];
    lines.extend(one.dial_code.as_ref().map(|code| format!("  country {code}")));
    lines.extend(one.last_sent_at.map(|at| format!("  last sent {at}")));
    lines.extend(one.ended_at.map(|at| format!("  ended {at}")));
    lines.extend(guarded(one).map(|told| format!("  {told}")));
    lines
}

pub(super) fn json_of(one: &Verification, now: Timestamp) -> Value {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.as_str()).collect();
    json!({
        "id": one.key.id, "tenant": one.key.tenant.as_str(), "state": one.state_at(now).as_str(),
        "channel": one.channel.as_str(), "recipient": one.recipient_mask, "purpose": one.purpose,
        "dial_code": one.dial_code, "checks": one.checks, "attempts_left": one.attempts_left(), "sends": one.sends,
        "reasons": reasons, "created_at": one.created_at.to_string(), "expires_at": one.expires_at.to_string(),
        "last_sent_at": one.last_sent_at.map(|at| at.to_string()), "ended_at": one.ended_at.map(|at| at.to_string()),
    })
}

fn times(number: u32) -> String {
    counted(number, "time", "times")
}

/// What the guard has done, and why: it has blocked all, or left out the number of one that is sent by other channels.
fn guarded(one: &Verification) -> Option<String> {
    let what = if one.state == VerificationState::Blocked { "blocked" } else { "sms left out" };
    (!one.reasons.is_empty()).then(|| format!("{what}: {}", reasons(one)))
}

/// Why the guard sends nothing there.
pub(super) fn reasons(one: &Verification) -> String {
    one.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(", ")
}

/// What became of a code that was tried.
pub(super) fn became(checked: Checked) -> String {
    match checked {
        Checked::Approved => "approved".to_owned(),
        Checked::AlreadyApproved => "approved before, by the same request".to_owned(),
        Checked::Used => "it was approved before, by another request".to_owned(),
        Checked::Wrong { left } => format!("wrong: {}", counted(left, "attempt left", "attempts left")),
        Checked::Expired => "its time is over".to_owned(),
        Checked::TooMany => "it was tried too often".to_owned(),
        Checked::Cancelled => "it is cancelled".to_owned(),
        Checked::Blocked => "nothing was sent for it".to_owned(),
    }
}
