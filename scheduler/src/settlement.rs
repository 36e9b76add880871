//! Settles a message of the scheduled queue, by exactly one disposition.

use domain::Reason;
use intake::{DeadLettered, InHand, ItsRow, Role, Steps, Told};
use store::{StepError, StoreError};
use topology::Incoming;

pub(crate) enum Disposition {
    Acknowledge,
    /// Give the message back: the scheduler stops before it could store the job.
    GiveBack,
    DeadLetter(Letter),
}

/// Why a message is dead-lettered, and what is told of that: the row that ends with it.
pub(crate) struct Letter {
    pub(crate) reason: Reason,
    pub(crate) error: String,
    pub(crate) told: Vec<Told>,
}

impl Disposition {
    /// A dead letter whose row, if it has one, does not end with it.
    pub(crate) fn dead_letter(reason: Reason, error: impl Into<String>) -> Self {
        Self::DeadLetter(Letter { reason, error: error.into(), told: Vec::new() })
    }
}

/// The scheduler's log lines, metrics and failpoints for the handling of messages.
pub(crate) const ROLE: Role = Role {
    dead_lettered,
    taken_over: |_lane| {},
    steps: Steps { told: None, republished: None, letter_noted: None, before_ack: Some("scheduler.stored_before_ack") },
};

fn dead_lettered(letter: &DeadLettered<'_>) {
    let DeadLettered { reason, delivery, error, .. } = letter;
    tracing::warn!(%reason, %delivery, error, "a message that the scheduler took went to the dead-letter queue");
}

impl From<StepError> for Disposition {
    fn from(trouble: StepError) -> Self {
        match trouble {
            StepError::Refused(
                StoreError::Refused(detail) | StoreError::Unreadable(detail) | StoreError::Unavailable(detail),
            ) => Self::dead_letter(Reason::InternalError, detail),
            StepError::Panicked => Self::dead_letter(Reason::InternalError, "the scheduler panicked"),
            // The scheduler gives up a step only when it is stopping.
            StepError::GivenUp(_) => Self::GiveBack,
        }
    }
}

pub(crate) async fn settle(disposition: Disposition, in_hand: &InHand<'_>, incoming: Incoming) {
    match disposition {
        // The job goes on by what is stored of it.
        Disposition::Acknowledge => in_hand.acknowledge(true, incoming).await,
        Disposition::GiveBack => incoming.settle.requeue().await,
        Disposition::DeadLetter(Letter { reason, error, told }) => {
            if let Some(incoming) = in_hand.tell(told, incoming).await {
                in_hand.dead_letter(reason, &error, ItsRow::Notes, incoming).await;
            }
        }
    }
}
