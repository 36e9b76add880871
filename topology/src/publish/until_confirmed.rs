//! Publishes what must be safe before a message is acknowledged: again and again, until the broker has confirmed it.

use std::time::Duration;

use amqp::PublishError;
use tokio_util::sync::CancellationToken;

use super::{Publication, Publisher};

/// How long to wait before the first repetition; the wait doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What became of a publication that was repeated until there was an answer. Each outcome says how to settle the
/// message from which the publication was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfirmOutcome {
    /// The broker has the publication: acknowledge the message.
    Confirmed,
    /// The stop came first, and nobody can know: give the message back, and the broker delivers it again.
    Interrupted,
    /// The broker will never accept the publication: reject the message, and the broker dead-letters it by itself,
    /// without a reason of ours.
    Impossible,
}

impl Publisher {
    /// Publishes until the broker has confirmed, or never will. A `stop` does not interrupt this at once: a publication
    /// that the broker refuses only for a moment is still repeated for some 6 seconds.
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
