//! What a worker has in hand, and what it will do next with it.

use uuid::Uuid;

use super::{Copy, Of};
use crate::samples::{CONTENT, NOW, key};
use crate::{
    Arrival, Claim, CopyInHand, Event, EventName, FollowUp, Follows, Intent, LeasedRow, Outcome, Publish, Received,
    Row, SuppressedFor, Timestamp, Transition, Unsent,
};

/// What a worker will do next with the copy in hand.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Look for the row of a message without an id, since when it waits for one.
    Lease(Option<Timestamp>),
    Claim,
    Send(Box<Row>),
    Decide(Box<Row>, Outcome),
    /// Record once more what was decided, because the answer was lost.
    Record(Box<Transition>),
    /// Tell these events, and then do what follows.
    Tell(Vec<(Uuid, EventName)>, Box<Step>),
    Publish(Box<Publish>),
    /// Publish the dead letter of a copy whose row stays as it is, and notes no letter.
    LeaveToLetter(Box<Publish>),
    /// Publish nothing more. The value says whether the delivery goes on.
    End(bool),
    /// Note that the dead letter of this epoch is confirmed.
    NoteLetter(u32),
    /// Ask for a message without an id whether it still has its row. The value says whether an order was published.
    ConfirmLease(bool),
    Acknowledge,
    Requeue,
}

pub(super) struct Worker {
    pub(super) name: u64,
    pub(super) copy: Copy,
    pub(super) token: Uuid,
    /// The delivery of the copy, once that is known.
    pub(super) delivery: Option<usize>,
    /// Since when the copy of a message without an id has its row.
    pub(super) since: Timestamp,
    pub(super) intent: Intent,
    /// The copy continues the row of another message, which was acknowledged.
    pub(super) mistaken: bool,
    /// The worker releases its row entirely, rather than letting the lease run out, because its message is surely with
    /// the broker.
    pub(super) releases: bool,
    /// The rows that a message without an id saw when it last looked for its own.
    pub(super) seen: Vec<LeasedRow<usize, Timestamp>>,
    /// The row that this copy suspects to be its own, though it has another.
    pub(super) suspects: Option<usize>,
    pub(super) step: Step,
    /// The broker took the copy back; the worker goes on without knowing.
    pub(super) cut_off: bool,
    /// The worker was frozen for longer than its lease, and goes on without knowing.
    pub(super) overdue: bool,
    /// Why the recipient was on the suppression list when the worker claimed.
    pub(super) listed: Option<SuppressedFor>,
}

impl Worker {
    pub(super) fn holds(&self, row: &Row) -> bool {
        match &self.step {
            Step::Send(mine) | Step::Decide(mine, _) => mine.token == row.token,
            Step::Record(transition) => transition.row.token == row.token,
            _ => false,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.delivery.expect("a copy is named before it is claimed")
    }

    pub(super) fn arrival(&self) -> Arrival {
        let arrival = Arrival::new(key("d-1"), CONTENT, &self.copy.headers, self.copy.redelivered);
        match self.copy.of {
            Of::Delivery(_) => arrival,
            Of::Message(_) => arrival.without_id(),
        }
    }

    pub(super) fn received(&self) -> Received<'_> {
        self.copy.received()
    }

    /// The copy, as the product sees it once it is claimed.
    pub(super) fn in_hand<'a>(&'a self, arrival: &'a Arrival) -> CopyInHand<'a> {
        CopyInHand {
            received: self.received(),
            arrival,
            intent: self.intent,
            is_suspected: self.suspects.is_some(),
            is_current: !self.cut_off,
            send_at: None,
        }
    }

    /// What follows for a copy for which nothing is sent.
    pub(super) fn unsent(&self, unsent: Unsent<'_>) -> Step {
        match unsent {
            Unsent::FollowUp(Follows { events, then }, _) => {
                let then = match then {
                    FollowUp::Acknowledge { goes_on } => self.end(goes_on),
                    follow_up => follow_up.into(),
                };
                Step::after_telling(&events, then)
            }
            // The broker has the message, so that nothing is left to do for this copy.
            Unsent::TakenBack => self.end(false),
            Unsent::DeadLetter { reason, error } => {
                Step::LeaveToLetter(Box::new(self.received().dead_letter(reason, &error, NOW)))
            }
        }
    }

    /// The last step of a worker that has nothing left to publish.
    pub(super) fn end(&self, published: bool) -> Step {
        if self.message().is_some() { Step::ConfirmLease(published) } else { Step::Acknowledge }
    }

    /// The message in hand, if it has no id.
    pub(super) fn message(&self) -> Option<usize> {
        match self.copy.of {
            Of::Delivery(_) => None,
            Of::Message(at) => Some(at),
        }
    }
}

impl Step {
    /// What is told before a step.
    fn after_telling(events: &[Event<'_>], then: Self) -> Self {
        let told: Vec<_> = events.iter().map(|event| (event.id(), event.name)).collect();
        if told.is_empty() { then } else { Self::Tell(told, Box::new(then)) }
    }
}

impl From<Follows<'_>> for Step {
    fn from(Follows { events, then }: Follows<'_>) -> Self {
        Self::after_telling(&events, then.into())
    }
}

impl From<FollowUp> for Step {
    fn from(follow_up: FollowUp) -> Self {
        match follow_up {
            FollowUp::Acknowledge { goes_on } => Self::End(goes_on),
            FollowUp::Publish(publish) => Self::Publish(publish),
            FollowUp::GiveBack => Self::Requeue,
        }
    }
}

impl From<Publish> for Step {
    fn from(publish: Publish) -> Self {
        Self::Publish(Box::new(publish))
    }
}

pub(super) fn claim_name(claim: &Claim) -> String {
    match claim {
        Claim::Take(row, take) => format!("{take:?} epoch {} attempt {} seq {}", row.epoch, row.attempt, row.seq),
        Claim::Repeat(row) => format!("repeat {:?}", row.order),
        Claim::Ended(row) => format!("ended {}", row.state),
        other => format!("{other:?}"),
    }
}

pub(super) fn step_name(step: &Step) -> String {
    match step {
        Step::Lease(_) => "lease".into(),
        Step::Claim => "claim".into(),
        Step::Send(_) => "send".into(),
        Step::Decide(_, outcome) => format!("record {outcome:?}").chars().take(40).collect(),
        Step::Record(transition) => format!("record {} once more", transition.row.state),
        Step::Tell(told, _) => format!("tell {:?}", told.iter().map(|(_, name)| name).collect::<Vec<_>>()),
        Step::Publish(publish) | Step::LeaveToLetter(publish) => format!("publish {:?}", publish.to),
        Step::End(_) => "end".into(),
        Step::NoteLetter(epoch) => format!("note the letter of epoch {epoch}"),
        Step::ConfirmLease(_) => "ask whether it has its row".into(),
        Step::Acknowledge => "acknowledge".into(),
        Step::Requeue => "requeue".into(),
    }
}
