//! One delivery in words: what became of it and why, said from what is recorded. The API, the command line and whoever
//! else shows a delivery say the same sentences.

mod attempts;
mod dead;
mod family;
mod letters;
mod origin;
mod reasons;
mod standing;
mod summary;

use std::time::Duration;

pub use self::letters::MOST_LETTERS;
pub use self::summary::{Summary, Whereabouts};
use crate::{Attempt, AttemptOutcome, FieldError, Key, Lane, Order, Reason, Row, State, Timestamp, events_of};

/// Everything that is known of a delivery.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub row: &'a Row,
    /// When it is to be sent, or was to be sent before it was cancelled, if that was ever set for later.
    pub due_at: Option<Timestamp>,
    /// In the order of epoch, number and time.
    pub attempts: &'a [Attempt],
    /// In the order in which they came.
    pub receipts: &'a [ReceiptFact<'a>],
    /// The fallbacks that took over, or will, in their order.
    pub children: &'a [Child<'a>],
    /// What operators have sent in the place of its dead letters, and whose letter it was sent for itself; the oldest first.
    pub edits: &'a [EditFact<'a>],
    /// Where its own letter is, while it is dead or held.
    pub own: OwnLetter<'a>,
    /// The letters of its id in the dead-letter queue, its own among them, the newest first.
    pub letters: &'a [LetterFact<'a>],
    /// What was not read of its message, or has no effect.
    pub warnings: &'a [FieldError],
    /// How long the three retry queues keep a message.
    pub delays: [Duration; 3],
}

/// What its provider reported later.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptFact<'a> {
    pub provider: &'a str,
    pub epoch: u32,
    pub attempt: u32,
    /// In one word.
    pub said: &'a str,
    /// What is more exact than the word.
    pub class: Option<&'a str>,
    pub code: Option<&'a str>,
    pub detail: &'a str,
    /// By the provider's clock, or else when it came.
    pub at: Timestamp,
}

/// A fallback.
#[derive(Clone, Copy, Debug)]
pub struct Child<'a> {
    pub id: &'a str,
    /// None while no worker has taken it.
    pub state: Option<State>,
    /// The scheduler keeps it until it is due.
    pub is_scheduled: bool,
}

/// A delivery that an operator has sent in the place of a dead letter.
#[derive(Clone, Copy, Debug)]
pub struct EditFact<'a> {
    pub id: &'a str,
    /// The id of the delivery that had died.
    pub edited_from: &'a str,
    pub by: &'a str,
    pub why: &'a str,
    pub at: Timestamp,
}

/// A dead letter of the id.
#[derive(Clone, Copy, Debug)]
pub struct LetterFact<'a> {
    /// Its name.
    pub letter: &'a str,
    /// The fingerprint of its group.
    pub group: &'a str,
    /// As it stands on the letter, which may be none of ours. Empty where nobody knows it any more.
    pub reason: &'a str,
    pub error: &'a str,
    /// Empty where it is no notification that can be read.
    pub channel: &'a str,
    /// How often it was moved before.
    pub epoch: u32,
    /// How many attempts it counts in the budget in which it died, where that is known.
    pub attempts: Option<u32>,
    /// It is from the queue of providers' calls, and is none.
    pub is_of_no_call: bool,
    pub place: LetterPlace<'a>,
}

/// Where a dead letter is.
#[derive(Clone, Copy, Debug)]
pub enum LetterPlace<'a> {
    /// In the queue, as that was last read.
    InQueue { since: Timestamp },
    /// A job has taken it out of the queue, and keeps it.
    Taken { at: Timestamp, job: &'a str, action: &'a str },
}

/// Where the letter of a delivery is that is dead or held.
#[derive(Clone, Copy, Debug)]
pub enum OwnLetter<'a> {
    /// In the queue, as far as is known.
    InQueue,
    /// A job that was started is to do something with it yet.
    InJob(JobFact<'a>),
    /// A job has published it to its lane again, and no worker has claimed it since.
    Moved { at: Timestamp, job: JobFact<'a> },
    /// A job has taken it out of the queue, and keeps it under this name.
    Kept { letter: &'a str, at: Timestamp, job: JobFact<'a> },
    /// The last whole reading of the queue, which began at this time, has not met it.
    Missing { read_at: Timestamp },
}

/// A job over dead letters.
#[derive(Clone, Copy, Debug)]
pub struct JobFact<'a> {
    pub id: &'a str,
    pub action: &'a str,
    pub by: &'a str,
    pub why: &'a str,
}

/// What the scheduler keeps of a delivery that it has not released yet.
#[derive(Clone, Copy, Debug)]
pub struct Unreleased<'a> {
    pub lane: Lane,
    pub due: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Retry budgets used, and attempts made in the current one, before it was put off.
    pub epoch: u32,
    pub attempt: u32,
    /// The letters of its id in the dead-letter queue, the newest first.
    pub letters: &'a [LetterFact<'a>],
    pub warnings: &'a [FieldError],
}

/// One delivery in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    pub summary: Summary,
    pub sentences: Vec<Sentence>,
    /// The names of the letters of its id in the dead-letter queue, as that was last read: [`MOST_LETTERS`] at most.
    pub letters: Vec<String>,
}

/// One thing that is said of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    pub topic: Topic,
    /// When it happened or will happen, where that is known.
    pub at: Option<Timestamp>,
    pub text: String,
}

/// What a sentence is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// How it came in.
    Lane,
    /// Which words were asked for.
    Words,
    Attempt,
    /// Why it stands where it stands, or did not go.
    Why,
    /// What comes next, and when.
    Next,
    /// What subscribers are told.
    Event,
    /// What its provider reported later.
    Receipt,
    /// Whose fallback it is, and which are its own; what was sent in its place, or it in whose.
    Family,
    /// What lies in the dead-letter queue under its id beside it, or without any delivery.
    Letter,
    /// What was not read of its message, or has no effect.
    Warning,
}

impl LetterPlace<'_> {
    /// When it came there, or was taken from there.
    const fn at(self) -> Timestamp {
        match self {
            Self::InQueue { since } => since,
            Self::Taken { at, .. } => at,
        }
    }
}

impl Topic {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lane => "lane",
            Self::Words => "words",
            Self::Attempt => "attempt",
            Self::Why => "why",
            Self::Next => "next",
            Self::Event => "event",
            Self::Receipt => "receipt",
            Self::Family => "family",
            Self::Letter => "letter",
            Self::Warning => "warning",
        }
    }

    fn says(self, at: Option<Timestamp>, text: impl Into<String>) -> Sentence {
        Sentence { topic: self, at, text: text.into() }
    }
}

/// Explains a delivery that has a row.
pub fn explain(facts: &Facts<'_>) -> Explanation {
    let mut sentences = origin::of(facts.row);
    sentences.extend(attempts::of(facts));
    sentences.extend(standing::why(facts));
    sentences.extend(standing::next(facts));
    sentences.extend(events(facts));
    sentences.extend(family::receipts(facts.receipts));
    sentences.extend(family::of(facts));
    sentences.extend(letters::beside(facts.letters, own_reason(facts.row), facts.row.epoch));
    sentences.extend(warnings(facts.warnings));
    Explanation { summary: standing::summary(facts), sentences, letters: letters::names(facts.letters) }
}

/// Explains a delivery that the scheduler has not released yet.
pub fn explain_unreleased(job: &Unreleased<'_>) -> Explanation {
    let due = job.due;
    let mut sentences = vec![Topic::Lane.says(None, format!("It will be released to the lane {}.", job.lane))];
    let why = if job.epoch > 0 || job.attempt > 0 {
        "It was tried before, and a longer wait than the retry queues have followed: see the provider's own limits."
    } else {
        "It was asked to be sent later, or is a fallback that waits for a report, an answer or a reader."
    };
    sentences.push(Topic::Why.says(None, why));
    sentences.push(Topic::Next.says(Some(due), format!("The scheduler releases it at {due}.")));
    sentences.extend(job.expires_at.map(standing::expiry));
    sentences.extend(letters::beside(job.letters, None, job.epoch));
    sentences.extend(warnings(job.warnings));
    Explanation { summary: Summary::WithScheduler { due }, sentences, letters: letters::names(job.letters) }
}

/// Explains letters of which no delivery is known, those of the queue first, and what was sent in their places. None where
/// there are none.
pub fn explain_letters(key: &Key, letters: &[LetterFact<'_>], edits: &[EditFact<'_>]) -> Option<Explanation> {
    let summary = letters::summary(letters.first()?);
    let mut sentences = letters::alone(&key.tenant, letters);
    sentences.extend(edits.iter().map(|edit| family::edited(&key.id, edit)));
    Some(Explanation { summary, sentences, letters: letters::names(letters) })
}

/// Why a delivery is in the dead-letter queue itself.
fn own_reason(row: &Row) -> Option<Reason> {
    match row.order {
        Order::DeadLetter { reason, .. } if row.state.is_dead_lettered() => Some(reason),
        _ => None,
    }
}

/// What subscribers are told of the last transition, and of those before it.
fn events(facts: &Facts<'_>) -> Vec<Sentence> {
    let row = facts.row;
    let told = events_of(row, &row.order);
    if told.is_empty() {
        return vec![Topic::Event.says(None, "No event is told of where it stands now: nothing was tried for it.")];
    }
    let mut said: Vec<Sentence> = told
        .iter()
        .map(|event| {
            let text = format!(
                "The event `{}` with the id {} is told of it, unless EVENTS leaves that one out.",
                event.name,
                event.id()
            );
            Topic::Event.says(Some(row.updated_at), text)
        })
        .collect();
    if facts.attempts.windows(2).any(|pair| has_waited(&pair[0], &pair[1])) {
        let text = "Each failed attempt before the last after which it waited was told as `retrying`, or as `ambiguous` \
                    once one of them may have gone out.";
        said.push(Topic::Event.says(None, text));
    }
    said
}

/// Whether an attempt failed in such a way that it was waited for the next one: a move out of the dead-letter queue is none.
fn has_waited(attempt: &Attempt, next: &Attempt) -> bool {
    use AttemptOutcome::{Ambiguous, MaybeSent, Retriable, Throttled};
    attempt.epoch == next.epoch && matches!(attempt.outcome, Throttled | Retriable | MaybeSent | Ambiguous)
}

fn warnings(warnings: &[FieldError]) -> Vec<Sentence> {
    warnings.iter().map(|warning| Topic::Warning.says(None, warning.to_string())).collect()
}

/// A stretch of time in words.
fn span(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis @ 1_000..120_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        millis @ 120_000..7_200_000 => format!("{} min", millis / 60_000),
        millis @ 7_200_000..172_800_000 => format!("{} h", millis / 3_600_000),
        millis => format!("{} days", millis / 86_400_000),
    }
}

#[cfg(test)]
mod tests;
