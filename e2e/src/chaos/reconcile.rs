//! Reconciles what the publisher of a notification was told with what became of it: which promises that breaks.
//! Strict, and pure: `audit` gathers what became of it. [`journal`] does the same with what operators were answered,
//! [`talk`] with what people have pressed and services were sent, and [`inboxes`] with what users have read.

pub mod inboxes;
pub mod journal;
pub mod talk;

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Context as _, Result};
use domain::{AttemptOutcome, EventName, Reason, State};
use serde_json::Value;
use store::DeliveryView;

use crate::fleet::DeadLetter;
use crate::provider::Received;

/// How a notification was handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The notification was published to a lane with a `message_id`.
    Amqp,
    /// The notification was published to a lane without any id.
    Anonymous,
    AmqpJob,
    AnonymousJob,
    /// The notification was given to `POST /notify` with an `Idempotency-Key`.
    Http,
    HttpJob,
    /// Published as `Amqp`, with a child that is sent on another channel a moment later, and now and then with
    /// `DELETE /notify/{id}` or a report of the provider between the two.
    Escalating,
    /// The child of one that is `Escalating`, as an entry of its own.
    Child,
    /// Handed in as `HttpJob`, with `DELETE /notify/{id}` a moment later.
    Cancelled,
    /// Published as `Amqp`, to a number that the provider refuses for good, until an operator mends that.
    Refused,
    /// The same, and not to be sent any more some seconds later.
    Brief,
    /// What an operator has sent in the place of a dead letter.
    Edited,
}

impl Way {
    /// The mix of a load.
    pub fn of(number: u64) -> Self {
        match (number / 2) % 10 {
            0 | 1 => Self::Amqp,
            2 => Self::Escalating,
            3 => Self::Anonymous,
            4 | 5 => Self::Http,
            6 if number.is_multiple_of(3) => Self::AnonymousJob,
            6 => Self::AmqpJob,
            7 => Self::HttpJob,
            8 if number.is_multiple_of(3) => Self::Brief,
            8 => Self::Refused,
            _ => Self::Cancelled,
        }
    }

    /// The mix of a load that is all due at once.
    pub fn of_job(number: u64) -> Self {
        match (number / 2) % 3 {
            0 => Self::AmqpJob,
            1 => Self::AnonymousJob,
            _ => Self::HttpJob,
        }
    }

    pub fn is_job(self) -> bool {
        matches!(self, Self::AmqpJob | Self::AnonymousJob | Self::HttpJob | Self::Cancelled)
    }

    /// Whether the provider refuses it for good. Operators move these, and no others.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Refused | Self::Brief)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The broker's confirm, or the API's 202.
    Accepted,
    /// No answer came, so the notification may have been taken.
    None,
    /// The notification was refused every time, so it is nowhere.
    Never,
    /// An answer that must not be.
    Wrong(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cancel {
    NotAsked,
    /// A 200 or 202 came at this moment, so nothing is sent from now on.
    Done(Instant),
    /// The answer was 409.
    TooLate,
    /// The provider has reported what calls it off, or its reader has done so about when it was due, and nobody knows whether
    /// that was heard before it went out.
    Reported,
    Unanswered,
    Wrong(String),
}

/// One notification, as its publisher knows it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub fault: usize,
    pub recipient: String,
    pub channel: &'static str,
    pub way: Way,
    pub id: Option<String>,
    pub answer: Answer,
    pub cancel: Cancel,
}

/// What was found of it at the end.
#[derive(Clone, Default, Debug)]
pub struct Found {
    pub rows: Vec<DeliveryView>,
    /// Requests that the provider may have accepted.
    pub copies: Vec<Received>,
    pub letters: Vec<DeadLetter>,
    /// What a subscriber was told.
    pub told: Vec<Told>,
    /// How many jobs still keep the notification for later.
    pub jobs: usize,
    pub handled: Handled,
}

/// What was done with its dead letters, by whoever has done it.
#[derive(Clone, Default, Debug)]
pub struct Handled {
    /// How many budgets this may have given: replays that a job has begun, and moves by hand.
    pub budgets: usize,
    /// Somebody may have taken a letter out of the queue for good.
    pub purged: bool,
}

/// One event, as a subscriber has received it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The event's own id.
    pub id: String,
    pub delivery: String,
    pub name: EventName,
    /// The budget that it tells of.
    pub epoch: u32,
}

impl Told {
    /// # Errors
    /// When it is no event of a delivery.
    pub fn read(body: &[u8]) -> Result<Self> {
        let event: Value = serde_json::from_slice(body).context("an event that is no JSON")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("in the event {event}"));
        let kind = text(&event["type"])?;
        let last = kind.rsplit('.').next().unwrap_or_default();
        let name = EventName::ALL.into_iter().find(|name| name.as_str() == last);
        let name = name.with_context(|| format!("an event of an unknown type: {event}"))?;
        let epoch = event["data"]["epoch"].as_u64().and_then(|epoch| u32::try_from(epoch).ok()).unwrap_or(0);
        Ok(Self { id: text(&event["id"])?, delivery: text(&event["subject"])?, name, epoch })
    }
}

/// How many events were told, and how many of them again.
pub fn repeats(told: &[Told]) -> String {
    let ids: HashSet<&str> = told.iter().map(|event| event.id.as_str()).collect();
    format!("{} events told, {} of them again", ids.len(), told.len() - ids.len())
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    /// Nobody promised anything, and nothing came of it.
    Nothing,
    Cancelled,
    /// It was not to be sent any more.
    Expired,
    Dead,
    Sent,
    InFlight,
    Lost,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    pub end: End,
    /// Copies beyond the first for which the ledger has an attempt whose answer was lost.
    pub explained: usize,
    pub unexplained: usize,
    /// Every promise that was broken.
    pub broken: Vec<String>,
}

/// Judges one notification.
pub fn judge(entry: &Entry, found: &Found) -> Verdict {
    let mut broken = Vec::new();
    let extra = found.copies.len().saturating_sub(1);
    let explained = extra.min(found.rows.iter().map(|row| lost_answers(row, entry.channel)).sum());
    if extra > explained {
        broken.push(format!("{} copies, {explained} of {extra} explained", found.copies.len()));
    }
    if found.rows.iter().any(|row| row.row.epoch as usize > found.handled.budgets) {
        broken.push("a budget that nobody gave".into());
    }
    let ends: Vec<End> = found.rows.iter().map(|row| end_of(row, entry, found, &mut broken)).collect();
    let mut end = ends.into_iter().max().unwrap_or_else(|| end_without_row(entry, found, &mut broken));
    if found.jobs > 0 {
        broken.push("its job was never fired".into());
        end = end.max(End::InFlight);
    }
    found.rows.iter().for_each(|view| judge_told(view, found, &mut broken));
    for letter in &found.letters {
        let is_possible = match Reason::parse(&letter.reason) {
            Some(Reason::Exhausted | Reason::Ambiguous) => true,
            Some(Reason::Permanent) => entry.way.is_refused(),
            // What may be sent for seconds only is throttled beyond that by any short wait.
            Some(Reason::ThrottledTooLong) => entry.way == Way::Brief,
            _ => false,
        };
        if !is_possible {
            broken.push(format!("dead-lettered as {:?}: {}", letter.reason, letter.error));
        }
    }
    if let Answer::Wrong(why) = &entry.answer {
        broken.push(why.clone());
    }
    match &entry.cancel {
        Cancel::Done(at) if found.copies.iter().any(|copy| copy.at > *at) => {
            broken.push("sent after the answer that it was cancelled".into());
        }
        Cancel::Wrong(why) => broken.push(why.clone()),
        _ => {}
    }
    Verdict { end, explained, unexplained: extra - explained, broken }
}

/// Every end of a delivery with an id is told, by one event of its budget and as what it is. A process that dies with a
/// message without an id may leave its end untold, and a cancel may have no message that could tell it.
fn judge_told(view: &DeliveryView, found: &Found, broken: &mut Vec<String>) {
    let (row, state) = (&view.row, view.row.state.as_str());
    let is_reported = is_reported(row.state);
    // A row whose letter was purged was told as dead before it was closed.
    let is_closed = row.state == State::Cancelled && found.handled.purged;
    // What a report has moved on was told before as what it was then.
    let is_of_before =
        |event: &Told| is_reported && may_be_before_a_report(event.name) || is_closed && is_dead_lettered(event.name);
    let counts = |event: &Told| event.name.as_str() == state || !is_of_before(event);
    let is_an_end = |event: &&Told| event.delivery == row.key.id && event.name.is_ending();
    let ends = || found.told.iter().filter(is_an_end).filter(|event| event.epoch == row.epoch && counts(event));
    let must_be_told = row.fingerprint.is_none()
        && (is_reported
            || matches!(row.state, State::Sent | State::Dead | State::Held | State::FellBack | State::Expired));
    let mut before = found.told.iter().filter(is_an_end).filter(|event| event.epoch < row.epoch);
    if let Some(other) = before.find(|event| !is_dead_lettered(event.name)) {
        broken.push(format!("told as {} in budget {}, and there is another", other.name, other.epoch));
    }
    if must_be_told && ends().next().is_none() {
        broken.push(format!("{state}, and nobody was told"));
    }
    if let Some(other) = ends().find(|event| event.name.as_str() != state) {
        broken.push(format!("told as {}, and it is {state}", other.name));
    }
    if ends().map(|event| &event.id).collect::<HashSet<_>>().len() > 1 {
        broken.push("one end is told by several events".into());
    }
}

const fn is_reported(state: State) -> bool {
    matches!(state, State::Delivered | State::Bounced)
}

const fn is_dead_lettered(name: EventName) -> bool {
    matches!(name, EventName::Dead | EventName::Held)
}

const fn may_be_before_a_report(name: EventName) -> bool {
    matches!(name, EventName::Sent | EventName::FellBack | EventName::Dead | EventName::Held | EventName::Bounced)
}

/// Dead letters beyond the first of their delivery and epoch. A crash between a letter's confirm and its note explains
/// one.
pub fn extra_letters(found: &Found) -> usize {
    let of =
        |letter: &DeadLetter| (letter.message_id.clone(), letter.headers.get("notify-epoch").map(ToString::to_string));
    found.letters.len() - found.letters.iter().map(of).collect::<HashSet<_>>().len()
}

/// Counts the attempts after which nobody can know whether a copy went out. Under `hold` a lost answer ends the
/// attempts.
fn lost_answers(row: &DeliveryView, channel: &str) -> usize {
    let resends = super::RESENDS == channel;
    let explains = |outcome| match outcome {
        AttemptOutcome::MaybeSent => true,
        AttemptOutcome::Ambiguous => resends,
        _ => false,
    };
    row.attempts.iter().filter(|attempt| explains(attempt.outcome)).count()
}

fn end_of(view: &DeliveryView, entry: &Entry, found: &Found, broken: &mut Vec<String>) -> End {
    let row = &view.row;
    let has_letter = || found.letters.iter().any(|letter| letter.message_id.as_deref() == Some(&row.key.id));
    match row.state {
        State::Sent if !found.copies.is_empty() => End::Sent,
        state if is_reported(state) && entry.way == Way::Escalating && !found.copies.is_empty() => End::Sent,
        // What it was handed on to is judged as an entry of its own.
        State::FellBack if entry.way == Way::Escalating => End::Dead,
        State::Dead | State::Held if has_letter() => End::Dead,
        State::Cancelled if entry.cancel != Cancel::NotAsked || found.handled.purged => End::Cancelled,
        State::Expired if entry.way == Way::Brief => End::Expired,
        State::Sending | State::Waiting => {
            broken.push(format!("still {} at rest", row.state));
            End::InFlight
        }
        State::Sent => {
            broken.push("sent, and the provider has never seen it".into());
            End::Lost
        }
        State::Dead | State::Held => {
            broken.push(format!("{}, and not in the dead-letter queue", row.state));
            End::Lost
        }
        state => {
            broken.push(format!("{state}, and nobody asked for that"));
            End::Lost
        }
    }
}

fn end_without_row(entry: &Entry, found: &Found, broken: &mut Vec<String>) -> End {
    if !found.copies.is_empty() {
        broken.push("sent without a row in the ledger".into());
    }
    if !found.letters.is_empty() {
        return End::Dead;
    }
    if entry.answer != Answer::Accepted || found.jobs > 0 {
        return End::Nothing;
    }
    broken.push("accepted, and nothing is known of it".into());
    End::Lost
}
