//! What a worker has in its hands, and what it will do next with it.

use uuid::Uuid;

use super::{Copy, Of};
use crate::samples::{CONTENT, key};
use crate::{Arrival, Claim, FollowUp, Kept, Lane, Outcome, Publish, Received, Row, Timestamp};

/// The body of every message. Its fallback counts where the schedule has one.
const BODY: &[u8] = br#"{"channel":"sms","destination":"+12025550143","message":"Hola",
    "fallback":[{"channel":"email","destination":"ana@example.com"}]}"#;

/// What a worker will do next with the copy in its hands.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Of a message without an id: since when it has waited for its row.
    Lease(Option<Timestamp>),
    Claim,
    Send(Box<Row>),
    Decide(Box<Row>, Outcome),
    Publish(Box<Publish>),
    /// Nothing is left to publish. It says whether its delivery goes on.
    End(bool),
    /// Notes that the dead letter of this epoch is confirmed.
    NoteLetter(u32),
    /// Of a message without an id: asks whether it still has its row, and says whether it has published an order.
    Hold(bool),
    Acknowledge,
    Requeue,
}

/// What a worker is about to do with a copy once it has its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    Send,
    /// Its channel hangs.
    PutAside,
    /// It was delivered too often.
    GiveUp,
}

pub(super) struct Worker {
    pub(super) name: u64,
    pub(super) copy: Copy,
    pub(super) token: Uuid,
    /// Which delivery its copy is, once that is known.
    pub(super) delivery: Option<usize>,
    /// It has its row since then, for a message without an id.
    pub(super) since: Timestamp,
    pub(super) doing: Doing,
    /// It continues the row of another, which was acknowledged.
    pub(super) mistaken: bool,
    /// The next copy may have its row when it gives up its own.
    pub(super) lets_go: bool,
    /// Of a message without an id: what it saw when it last looked for its row.
    pub(super) seen: Vec<Kept<usize, Timestamp>>,
    /// Its row is made in doubt about this one.
    pub(super) doubts: Option<usize>,
    pub(super) step: Step,
    /// The broker took its copy back; it goes on without knowing.
    pub(super) cut_off: bool,
    /// Frozen for longer than its lease; it goes on without knowing.
    pub(super) overdue: bool,
}

impl Worker {
    pub(super) fn holds(&self, row: &Row) -> bool {
        matches!(&self.step, Step::Send(mine) | Step::Decide(mine, _) if mine.token == row.token)
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

    /// How it ends when there is nothing left to do.
    pub(super) fn end(&self, published: bool) -> Step {
        if self.message().is_some() { Step::Hold(published) } else { Step::Acknowledge }
    }

    /// The message without an id that it has in hand.
    pub(super) fn message(&self) -> Option<usize> {
        match self.copy.of {
            Of::Delivery(_) => None,
            Of::Message(at) => Some(at),
        }
    }
}

impl Copy {
    pub(super) fn received(&self) -> Received<'_> {
        Received { lane: Lane::Normal, headers: &self.headers, body: BODY }
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
        other => format!("{other:?}"),
    }
}

pub(super) fn step_name(step: &Step) -> String {
    match step {
        Step::Lease(_) => "lease".into(),
        Step::Claim => "claim".into(),
        Step::Send(_) => "send".into(),
        Step::Decide(_, outcome) => format!("record {outcome:?}").chars().take(40).collect(),
        Step::Publish(publish) => format!("publish {:?}", publish.to),
        Step::End(_) => "end".into(),
        Step::NoteLetter(epoch) => format!("note the letter of epoch {epoch}"),
        Step::Hold(_) => "ask whether it has its row".into(),
        Step::Acknowledge => "acknowledge".into(),
        Step::Requeue => "requeue".into(),
    }
}
