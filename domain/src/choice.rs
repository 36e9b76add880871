//! Who carries the next attempt of a delivery, where several providers may: chosen once and purely, from their health and
//! from what was tried before.

use std::time::Duration;

use crate::{Ambiguity, Pause, Timestamp};

/// How long a delivery waits that nobody is there to carry.
const WITHOUT_ANYBODY: Duration = Duration::from_secs(5);

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
    Park {
        wait: Duration,
        why: String,
        /// Somebody works that may be asked, and is at its limit.
        is_limit: bool,
    },
    /// All who may be asked are paused, or one who would take the message is, and nobody else works.
    Pause {
        /// When the first of the pauses ends by itself.
        until: Option<Timestamp>,
        why: String,
    },
}

/// Chooses among the candidates, of whom the first is preferred. Whoever answered the last attempt has not accepted the
/// message, and is asked after all others: the order begins behind it. Once an attempt may have gone out, a second
/// provider is asked only where the policy is to send again in any case; it could give the recipient a second copy that
/// no mailbox recognises. Such a delivery tries nobody out as long as one of them works. Whoever is paused is passed over.
/// Where the preferred one takes the message, as nearly always, nothing is allocated.
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
    let takes = |at: &usize| candidates[*at].paused.is_none() && candidates[*at].condition.is_open();
    let works = |at: &usize| takes(at) && candidates[*at].condition == Condition::Works;
    let one_that_works = if before.ambiguous { order.clone().find(works) } else { None };
    let chosen = one_that_works.or_else(|| order.clone().find(takes));
    let why = |at: usize| {
        let Candidate { provider, condition, paused } = candidates[at];
        if let Some(pause) = paused {
            return pause.told();
        }
        let why = match condition {
            Condition::Closed { why, .. } => why.as_str(),
            _ if !order.clone().any(|asked| asked == at) => "another one may have accepted this message",
            Condition::TriedOut if one_that_works.is_some() => "it is being tried out by others",
            _ if last == Some(at) => "it did not accept the attempt before",
            _ => "it is asked again after the others",
        };
        format!("{provider}: {why}")
    };
    if let Some(at) = chosen {
        let passed_over = (at > 0).then(|| joined((0..at).map(why)));
        return Choice::Use { at, passed_over };
    }
    let asked = order.clone().map(|at| candidates[at]);
    let (paused, others): (Vec<_>, Vec<_>) = asked.partition(|one| one.paused.is_some());
    let why = joined(order.clone().map(why));
    let is_limit = others.iter().any(|one| one.condition.is_limit());
    let would_take_it = |one: &Candidate<'_>| one.condition.is_open() || one.condition.is_limit();
    // Where one that is paused would take it, the channel works: nobody goes on by the fallback. Where another one works
    // and is at its limit, that is what the message waits for.
    let is_by_pauses = others.is_empty() || (!is_limit && paused.iter().any(would_take_it));
    if !paused.is_empty() && is_by_pauses {
        return Choice::Pause { until: paused.iter().filter_map(|one| one.paused?.until).min(), why };
    }
    let waits = others.iter().filter_map(|one| match one.condition {
        Condition::Closed { wait, .. } => Some(wait),
        Condition::Works | Condition::TriedOut => None,
    });
    Choice::Park { wait: waits.min().unwrap_or(WITHOUT_ANYBODY), why, is_limit }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

impl Condition {
    /// How it is for a message that depends on both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Closed { wait, .. }, Self::Closed { wait: longer, .. }) if longer > wait => other,
            (Self::Closed { .. }, _) | (Self::TriedOut, Self::Works | Self::TriedOut) => self,
            (Self::Works, _) | (Self::TriedOut, Self::Closed { .. }) => other,
        }
    }

    /// A message may be given to it now.
    const fn is_open(self) -> bool {
        !matches!(self, Self::Closed { .. })
    }

    const fn is_limit(self) -> bool {
        matches!(self, Self::Closed { why: Closed::Limit, .. })
    }
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
