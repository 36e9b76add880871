//! What a provider says when it is asked whether it would take messages, and is given none.

use domain::Outcome;

/// The answer of one provider. A text names neither a recipient nor a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Checked {
    /// It is there and accepts our credentials.
    Accepted,
    /// It is there and refuses us, until somebody acts.
    Refused(String),
    /// It is not there, or not well.
    Unreachable(String),
    /// Nobody can be asked before there is a message: each recipient is a server of its own.
    NothingToAsk,
}

impl Checked {
    /// The answer of a provider that was asked by what no device receives. That it refuses the device shows that it has
    /// accepted us.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Retriable { failure, alarm: true, .. } => Self::Refused(failure.detail.clone()),
            Outcome::Retriable { failure, .. }
            | Outcome::Throttled { failure, .. }
            | Outcome::Ambiguous { failure } => Self::Unreachable(failure.detail.clone()),
            _ => Self::Accepted,
        }
    }
}
