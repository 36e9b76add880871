//! Who carries the next attempt of a delivery, where several providers may: chosen once and purely, from their health and
//! from what was tried before.

use std::time::Duration;

use crate::{Ambiguity, Pause, Timestamp};

/// How long a delivery waits that must not be the one by which a provider is tried out.
const WHILE_TRIED_OUT: Duration = Duration::from_secs(5);

/// Whether a provider takes a message now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    Works,
    /// It may work again: a few messages try it out.
    TriedOut,
    Closed {
        /// When to ask again.
        wait: Duration,
        why: Closed,
    },
}

/// Why a provider takes nothing now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// Its breaker is open.
    Failing,
    /// It refuses our credentials.
    Credentials,
    /// Its limit is reached, or it has asked to be left alone for a while.
    Limit,
}

/// One that may carry the delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate<'a> {
    pub provider: &'static str,
    pub condition: Condition,
    /// What keeps this delivery back from it, whatever its condition.
    pub paused: Option<&'a Pause>,
}

/// What was tried before for the delivery, as its row knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before<'a> {
    /// Who answered the last attempt.
    pub last: Option<&'a str>,
    /// Some attempt may have gone out.
    pub ambiguous: bool,
    /// What the channel does when nobody knows.
    pub policy: Ambiguity,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    Use {
        /// The place of the chosen one among the candidates.
        at: usize,
        /// Who is preferred to it and was passed over, and why.
        passed_over: Option<String>,
    },
    /// Nobody takes the message now.
    Park { wait: Duration, why: String },
    /// All who may be asked are paused.
    Pause {
        /// When the first of the pauses ends by itself.
        until: Option<Timestamp>,
        why: String,
    },
}

/// Chooses among the candidates, of whom the first is preferred. Whoever answered the last attempt has not accepted the
/// message, and is asked after all others: the order begins behind it. Once an attempt may have gone out, a second
/// provider is asked only where the policy is to send again in any case; it could give the recipient a second copy that
/// no mailbox recognises. Where the preferred one takes the message, as nearly always, nothing is allocated.
pub fn choose(candidates: &[Candidate<'_>], before: Before<'_>) -> Choice {
    let last = before.last.and_then(|last| candidates.iter().position(|one| one.provider == last));
    let may_change = !before.ambiguous || before.policy == Ambiguity::Resend;
    let many = candidates.len();
    let (first, asked) = match (may_change, last) {
        (true, last) => (last.map_or(0, |last| last + 1), many),
        // A worker that died left no word of whom it had asked: most likely the preferred one.
        (false, last) => (last.unwrap_or(0), many.min(1)),
    };
    let order = (first..first + asked).map(move |place| place % many);
    let takes = |at: &usize| match candidates[*at] {
        Candidate { paused: Some(_), .. } | Candidate { condition: Condition::Closed { .. }, .. } => false,
        Candidate { condition: Condition::Works, .. } => true,
        Candidate { condition: Condition::TriedOut, .. } => !before.ambiguous,
    };
    let why = |at: usize| {
        let Candidate { provider, condition, paused } = candidates[at];
        if let Some(pause) = paused {
            return pause.told();
        }
        let why = match condition {
            Condition::Closed { why, .. } => why.as_str(),
            _ if !order.clone().any(|asked| asked == at) => "another one may have accepted this message",
            Condition::TriedOut if before.ambiguous => "it is being tried out by others",
            _ if last == Some(at) => "it did not accept the attempt before",
            _ => "it is asked again after the others",
        };
        format!("{provider}: {why}")
    };
    if let Some(at) = order.clone().find(takes) {
        let passed_over = (at > 0).then(|| joined((0..at).map(why)));
        return Choice::Use { at, passed_over };
    }
    let asked = order.clone().map(|at| candidates[at]);
    if many > 0 && asked.clone().all(|one| one.paused.is_some()) {
        let until = asked.filter_map(|one| one.paused?.until).min();
        return Choice::Pause { until, why: joined(order.clone().map(why)) };
    }
    let waits = asked.filter(|one| one.paused.is_none()).map(|one| match one.condition {
        Condition::Closed { wait, .. } => wait,
        Condition::Works | Condition::TriedOut => WHILE_TRIED_OUT,
    });
    Choice::Park { wait: waits.min().unwrap_or(WHILE_TRIED_OUT), why: joined(order.clone().map(why)) }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

impl Closed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "it fails too often, its breaker is open",
            Self::Credentials => "it refuses our credentials",
            Self::Limit => "its limit is reached",
        }
    }
}

#[cfg(test)]
mod tests;
