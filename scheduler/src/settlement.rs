//! Settles a message of the scheduled queue, by exactly one disposition.

use domain::Reason;
use intake::{DeadLettered, InHand, ItsRow, Role, Steps};
use store::{StepError, StoreError};
use topology::Incoming;

pub(crate) enum Disposition {
    Acknowledge,
    /// Give the message back: the scheduler stops before it could store the job.
    GiveBack,
    DeadLetter(Reason, String),
}

/// The scheduler's log lines, metrics and failpoints for the handling of messages.
pub(crate) const ROLE: Role = Role {
    dead_lettered,
    taken_over: |_lane| {},
    steps: Steps { republished: None, letter_noted: None, before_ack: Some("scheduler.stored_before_ack") },
};

fn dead_lettered(letter: &DeadLettered<'_>) {
    let DeadLettered { reason, delivery, error, .. } = letter;
    tracing::warn!(%reason, %delivery, error, "a message of the scheduled queue went to the dead-letter queue");
}

impl From<StepError> for Disposition {
    fn from(trouble: StepError) -> Self {
        match trouble {
            StepError::Refused(
                StoreError::Refused(detail) | StoreError::Unreadable(detail) | StoreError::Unavailable(detail),
            ) => Self::DeadLetter(Reason::InternalError, detail),
            StepError::Panicked => Self::DeadLetter(Reason::InternalError, "the scheduler panicked".into()),
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
        Disposition::DeadLetter(reason, error) => {
            in_hand.dead_letter(reason, &error, ItsRow::Notes, incoming).await;
        }
    }
}
