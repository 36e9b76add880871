//! Publishes what must be out before a message is acknowledged: again and again, until there is an answer.

use std::time::Duration;

use amqp::PublishError;
use tokio_util::sync::CancellationToken;

use super::{Publication, Publisher};

/// How long to wait before publishing again; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What became of a publication that was repeated until there was an answer. The message that it was made of is to
/// be settled so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfirmOutcome {
    /// Acknowledge.
    Confirmed,
    /// It was stopped first, and nobody can know: give the message back, the broker delivers it again.
    Interrupted,
    /// No publication of ours can carry it: reject, the broker dead-letters it by itself, without a reason of ours.
    Impossible,
}

impl Publisher {
    /// Publishes until the broker has confirmed, or never will. A `stop` does not interrupt it at once: what the
    /// broker refuses for a moment only is still published, some 6 seconds long.
    pub async fn publish_until_confirmed(&self, publication: Publication, stop: &CancellationToken) -> ConfirmOutcome {
        let mut wait = FIRST_WAIT;
        loop {
            let Err(error) = self.publish(publication.clone()).await else { return ConfirmOutcome::Confirmed };
            if let PublishError::TooLarge { .. } = error {
                tracing::error!(%error, to = ?publication.to, "cannot be published: leaving it to the broker's dead-lettering");
                return ConfirmOutcome::Impossible;
            }
            if !matches!(error, PublishError::Unavailable(_)) {
                tracing::warn!(%error, to = ?publication.to, "publishing again");
            }
            tokio::select! {
                () = stop.cancelled(), if wait == LONGEST_WAIT => return ConfirmOutcome::Interrupted,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

#[cfg(test)]
mod tests;
