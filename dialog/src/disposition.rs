//! What follows for a message of the dialog, and how it is then settled.

use domain::Reason;
use intake::{InHand, Intake, ItsRow};
use store::{StepError, StoreError};
use topology::{ConfirmOutcome, Incoming, Publication};

/// What follows for one message.
pub(crate) enum Disposition {
    Acknowledge,
    /// Give it back: the dialog stops before all was done.
    GiveBack,
    DeadLetter(Reason, String),
}

impl From<StepError> for Disposition {
    fn from(trouble: StepError) -> Self {
        match trouble {
            StepError::Refused(
                StoreError::Refused(detail) | StoreError::Unreadable(detail) | StoreError::Unavailable(detail),
            ) => Self::DeadLetter(Reason::InternalError, detail),
            StepError::Panicked => Self::DeadLetter(Reason::InternalError, "the dialog panicked".into()),
            // A step is given up only when the dialog is stopping.
            StepError::GivenUp(_) => Self::GiveBack,
        }
    }
}

impl Disposition {
    /// Settles the message.
    pub(crate) async fn settle(self, intake: &Intake, incoming: Incoming) {
        let in_hand = InHand::new(intake);
        match self {
            Self::Acknowledge => in_hand.acknowledge(true, incoming).await,
            Self::GiveBack => incoming.settle.requeue().await,
            Self::DeadLetter(reason, error) => {
                in_hand.dead_letter(reason, &error, ItsRow::Untouched, incoming).await;
            }
        }
    }

    /// Publishes what stands for the message from then on, and has it acknowledged.
    pub(crate) async fn replaced_by(publication: Publication, intake: &Intake) -> Self {
        match intake.publisher.publish_until_confirmed(publication, &intake.stopping).await {
            ConfirmOutcome::Confirmed => Self::Acknowledge,
            ConfirmOutcome::Interrupted => Self::GiveBack,
            ConfirmOutcome::Impossible => {
                Self::DeadLetter(Reason::InternalError, "the broker never takes it once more".into())
            }
        }
    }
}
