//! What a worker does with a copy once its claim was answered: it makes an attempt, it knows the outcome without one, or
//! it sends nothing and something else follows for the copy. The worker and the simulation both carry out what this
//! file says.

use crate::{Arrival, Claim, Failure, FollowUp, Follows, Outcome, Publish, Reason, Received, Row, Take, Timestamp};

const STOPPED: &str = "the worker that had claimed it stopped before it recorded an answer";
const MAY_BE_AN_EQUAL_ONE: &str = "an equal message without an id was sent by a worker that stopped before it noted the \
     acknowledgement: this may be the same one";

/// What a worker intends with a copy once it has the row of the copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    Send,
    /// The channel hangs: the delivery gets its row, and its message comes back later.
    PutAside,
    /// The broker has delivered the message so many times that each worker that had it in hand has probably crashed by
    /// it: nothing is sent for the message, and its row ends with it.
    GiveUp {
        deliveries: u32,
    },
}

/// A copy that a worker has in hand, with everything that decides what follows from its claim.
#[derive(Clone, Copy, Debug)]
pub struct CopyInHand<'a> {
    pub received: Received<'a>,
    pub arrival: &'a Arrival,
    pub intent: Intent,
    /// The copy has no id, and may be one that was sent already. Nobody can know.
    pub is_suspected: bool,
    /// False once the broker has taken the copy back with its connection.
    pub is_current: bool,
    /// Before this time the publisher wants nothing to be sent.
    pub send_at: Option<Timestamp>,
}

/// What the worker does next with the row of the claim.
#[derive(Clone, PartialEq, Debug)]
pub enum NextStep<'a> {
    /// The row is claimed: make an attempt, and decide about its outcome.
    Attempt(&'a Row),
    /// The row is claimed, and its outcome is known without an attempt: decide about that. The row is a copy, because
    /// it may have to say more than the claim has written.
    Decide(Box<Row>, Outcome),
    /// Nothing is sent for this copy.
    Unsent(Unsent<'a>),
}

/// What follows for a copy for which nothing is sent.
#[derive(Clone, PartialEq, Debug)]
pub enum Unsent<'a> {
    FollowUp(Follows<'a>, Cause),
    /// The broker has taken the copy back with its connection, and delivers it again.
    TakenBack,
    /// The copy is dead-lettered, and its row stays as it is.
    DeadLetter {
        reason: Reason,
        error: String,
    },
}

/// Why nothing is sent for a copy: the kind under which it is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The order of the row is carried out once more.
    Repeated,
    /// The row is in other hands: the copy waits.
    Parked,
    /// The copy is published with another epoch.
    Reissued,
    /// The delivery has ended.
    Ended,
    /// The dead letter of the delivery is in the dead-letter queue.
    HasLetter,
}

impl CopyInHand<'_> {
    /// What follows from the answer of the claim. A row that the copy has inserted is one to send.
    pub fn after_claim<'r>(self, claim: &'r Claim, now: Timestamp) -> NextStep<'r> {
        let unsent = match (claim, self.intent) {
            (Claim::Take(row, take), _) => return self.after_take(row, *take, now),
            (Claim::Repeat(row), _) => Unsent::FollowUp(self.received.follow_up(row, &row.order, now), Cause::Repeated),
            (Claim::Ended(row), _) => Unsent::FollowUp(Follows::of_ended(row, self.arrival), Cause::Ended),
            // Whoever has to publish the letter, or has published it, tells of it first.
            (Claim::HasLetter, _) => Unsent::FollowUp(FollowUp::Acknowledge { goes_on: true }.into(), Cause::HasLetter),
            (Claim::Park | Claim::Reissue { .. } | Claim::Conflict, Intent::GiveUp { deliveries }) => {
                given_up(deliveries)
            }
            (Claim::Park, _) => self.parked(),
            // Reissuing the letter and its redelivery would give two budgets.
            (Claim::Reissue { .. }, _) if !self.is_current => Unsent::TakenBack,
            (Claim::Reissue { epoch }, _) => published(self.received.reissue(self.arrival, *epoch), Cause::Reissued),
            (Claim::Conflict, _) => {
                Unsent::DeadLetter { reason: Reason::IdConflict, error: Reason::ANOTHER_BODY.to_owned() }
            }
        };
        NextStep::Unsent(unsent)
    }

    fn after_take<'r>(self, row: &'r Row, take: Take, now: Timestamp) -> NextStep<'r> {
        let in_doubt = match take {
            Take::LeaseRanOut => Some(STOPPED),
            Take::Send => self.is_suspected.then_some(MAY_BE_AN_EQUAL_ONE),
        };
        let due = self.send_at.filter(|due| *due > now && !self.received.headers.released);
        // By the time that a delivery is due its recipient may be off the list.
        if let Some(reason) = row.suppressed_for.filter(|_| due.is_none() || in_doubt.is_some()) {
            let row = Row { ambiguous: row.ambiguous || in_doubt.is_some(), ..row.clone() };
            return NextStep::Decide(Box::new(row), Outcome::Suppressed { reason });
        }
        match (self.intent, in_doubt) {
            (Intent::GiveUp { deliveries }, _) => {
                let row = Row { ambiguous: row.ambiguous || in_doubt.is_some(), ..row.clone() };
                let failure = Failure::new("worker", None, delivered_too_often(deliveries));
                let outcome = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure };
                NextStep::Decide(Box::new(row), outcome)
            }
            (_, Some(why)) => decided(row, Outcome::Ambiguous { failure: Failure::new("worker", None, why) }),
            (Intent::PutAside, None) => decided(row, Outcome::PutAside),
            (Intent::Send, None) => match due {
                Some(due) => decided(row, Outcome::Deferred { due }),
                None => NextStep::Attempt(row),
            },
        }
    }

    /// What follows when another claim has taken over before the outcome could be recorded. The process of that claim
    /// may have no message in hand any more, so this copy must meet the row again.
    pub fn after_late_record(self) -> Unsent<'static> {
        match self.intent {
            Intent::GiveUp { deliveries } => given_up(deliveries),
            Intent::Send | Intent::PutAside => self.parked(),
        }
    }

    fn parked(self) -> Unsent<'static> {
        published(self.received.park(self.arrival), Cause::Parked)
    }
}

impl Cause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::Parked => "parked",
            Self::Reissued => "reissued",
            Self::Ended => "ended",
            Self::HasLetter => "has_letter",
        }
    }
}

fn decided(row: &Row, outcome: Outcome) -> NextStep<'static> {
    NextStep::Decide(Box::new(row.clone()), outcome)
}

fn published(publish: Publish, cause: Cause) -> Unsent<'static> {
    Unsent::FollowUp(FollowUp::Publish(Box::new(publish)).into(), cause)
}

fn given_up(deliveries: u32) -> Unsent<'static> {
    Unsent::DeadLetter { reason: Reason::RedeliveredTooOften, error: delivered_too_often(deliveries) }
}

/// The error of the dead letter of a message that is given up.
pub fn delivered_too_often(deliveries: u32) -> String {
    format!("delivered {deliveries} times without being settled: workers stop while they hold it")
}

#[cfg(test)]
mod tests;
