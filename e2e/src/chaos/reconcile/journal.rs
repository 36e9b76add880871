//! Reconciles what operators were answered with what the journal says of them. Pure: who asks for what is in
//! `operators`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{JournalRow, Timestamp};

/// Whoever repeats what is refused is noted once in this time.
const NOTED_ONCE_IN: Duration = Duration::from_secs(10);
const DENIED: &str = "denied";

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// An answer of 2xx.
    Done,
    /// An answer of 4xx: nothing was done.
    Refused,
    /// No answer, or one that says nothing of what was done before it failed.
    Lost,
}

impl Said {
    pub fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Self::Done,
            Some(400..=499) => Self::Refused,
            _ => Self::Lost,
        }
    }
}

/// Something that an operator has asked for, once, as the journal would tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    pub kind: &'static str,
    pub subject: String,
    pub said: Said,
}

/// A request that was answered with 403 for want of a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub actor: &'static str,
    /// The method and the route.
    pub asked: &'static str,
    /// When it was sent.
    pub from: Timestamp,
    /// When its answer was there.
    pub until: Timestamp,
}

/// What the journal lacks, or tells too often. `unnoted` is how many refusals the API could not note, as its log says.
pub fn judge(actions: &[Action], refusals: &[Refusal], told: &[JournalRow], unnoted: usize) -> Vec<String> {
    let mut broken = judge_actions(actions, told);
    let is_told = |refusal: &&Refusal| told.iter().any(|row| tells(row, refusal));
    let untold = refusals.iter().filter(|refusal| !is_told(refusal)).count();
    if untold > unnoted {
        broken.push(format!("{untold} of {} refusals are not in the journal, {unnoted} in the log", refusals.len()));
    }
    broken
}

/// What was answered with success is told once; where an answer was lost, it is told once or not at all.
fn judge_actions(actions: &[Action], told: &[JournalRow]) -> Vec<String> {
    let mut asked: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for Action { kind, subject, said } in actions {
        let (done, lost) = asked.entry((*kind, subject.as_str())).or_default();
        match said {
            Said::Done => *done += 1,
            Said::Lost => *lost += 1,
            Said::Refused => {}
        }
    }
    let mut entries: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in told {
        *entries.entry((row.kind.as_str(), row.subject.as_str())).or_default() += 1;
    }
    let judged = asked.into_iter().filter_map(|((kind, subject), (done, lost))| {
        let count = entries.get(&(kind, subject)).copied().unwrap_or(0);
        let is_right = (done..=done + lost).contains(&count);
        let what = format!("{kind} {subject}: told {count} times, answered {done} times, {lost} answers lost");
        (!is_right).then_some(what)
    });
    judged.collect()
}

fn tells(row: &JournalRow, refusal: &Refusal) -> bool {
    let at = Timestamp::from_micros(row.at);
    let is_its_time = refusal.from.minus(NOTED_ONCE_IN) <= at && at <= refusal.until;
    row.kind == DENIED && row.actor == refusal.actor && row.subject == refusal.asked && is_its_time
}
