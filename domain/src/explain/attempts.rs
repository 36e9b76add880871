//! What was tried, the first to the last.

use super::{Facts, Sentence, Topic, span};
use crate::{Attempt, AttemptOutcome, Timestamp};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Sentence> {
    if facts.attempts.is_empty() {
        return vec![Topic::Attempt.says(None, "Nothing was handed to a provider.")];
    }
    let mut before: Option<Timestamp> = None;
    let mut said = Vec::with_capacity(facts.attempts.len());
    for attempt in facts.attempts {
        let since = match before {
            None => format!("{} after the delivery was first seen", span(attempt.at.since(facts.row.created_at))),
            Some(before) => format!("{} after the answer before it", span(attempt.at.since(before))),
        };
        said.push(Topic::Attempt.says(Some(attempt.at), one(attempt, &since)));
        before = Some(attempt.at);
    }
    said
}

fn one(attempt: &Attempt, since: &str) -> String {
    let who = if attempt.provider.is_empty() { "nobody who is known" } else { attempt.provider.as_str() };
    let code = attempt.code.as_deref().map(|code| format!(", code {code}")).unwrap_or_default();
    let detail = attempt.detail.trim_end_matches('.');
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    let ended = ended(attempt.outcome);
    format!("{} by {who} {ended}{code}, {since}{detail}.", numbered(attempt.epoch, attempt.n))
}

/// An attempt by its number, and by its budget where that is not the first.
pub(super) fn numbered(epoch: u32, n: u32) -> String {
    match epoch {
        0 => format!("Attempt {n}"),
        _ => format!("Attempt {n} of replay {epoch}"),
    }
}

fn ended(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Sent => "was accepted",
        AttemptOutcome::Captured => "was kept instead of being sent",
        AttemptOutcome::Throttled => "was put off by the provider, which spends no attempt",
        AttemptOutcome::Retriable => "failed, and may work later",
        AttemptOutcome::MaybeSent => "was refused, though it may have gone out all the same",
        AttemptOutcome::Permanent => "was refused for good",
        AttemptOutcome::Ambiguous => "got no complete answer, so that it may have gone out",
        AttemptOutcome::Late => "was answered after another worker had taken over",
    }
}
