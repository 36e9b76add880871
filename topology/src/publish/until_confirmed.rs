//! Publishes what must be safe before a message is acknowledged: again and again, until the broker has confirmed it.

use std::time::Duration;

use amqp::PublishError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Publication, Publisher, To};

/// How long to wait before the first repetition; the wait doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What RabbitMQ calls the exchange without a name where it speaks of permissions.
const DEFAULT_EXCHANGE: &str = "amq.default";

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

/// Why something that only subscribers wait for was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GivenUp {
    /// The broker has refused it for too long, as it does while some subscriber's queue is full.
    Refused,
    /// Our user may not write there.
    Denied,
}

impl Publisher {
    /// Publishes until the broker has confirmed, or never will. A `stop` does not interrupt this at once: a publication
    /// that the broker refuses only for a moment is still repeated for some 6 seconds.
    pub async fn publish_until_confirmed(&self, publication: Publication, stop: &CancellationToken) -> ConfirmOutcome {
        // Without a limit nothing is given up.
        self.repeat(publication, None, stop).await.unwrap_or(ConfirmOutcome::Interrupted)
    }

    /// Publishes in the same way what only subscribers wait for.
    ///
    /// # Errors
    /// [`GivenUp`], when the broker refuses it for longer than `limit`, or our user may not write there.
    pub async fn publish_unless_refused(
        &self,
        publication: Publication,
        limit: Duration,
        stop: &CancellationToken,
    ) -> Result<ConfirmOutcome, GivenUp> {
        self.repeat(publication, Some(limit), stop).await
    }

    async fn repeat(
        &self,
        publication: Publication,
        limit: Option<Duration>,
        stop: &CancellationToken,
    ) -> Result<ConfirmOutcome, GivenUp> {
        let (mut wait, mut refused_since) = (FIRST_WAIT, None);
        loop {
            let Err(error) = self.publish(publication.clone()).await else { return Ok(ConfirmOutcome::Confirmed) };
            if let PublishError::TooLarge { .. } = error {
                tracing::error!(%error, to = ?publication.to, "cannot be published, now or later");
                return Ok(ConfirmOutcome::Impossible);
            }
            let since = (error == PublishError::Refused).then(|| refused_since.unwrap_or_else(Instant::now));
            if since.zip(limit).is_some_and(|(since, limit)| since.elapsed() >= limit) {
                return Err(GivenUp::Refused);
            }
            if limit.is_some() && self.is_denied(&publication.to, &error) {
                return Err(GivenUp::Denied);
            }
            refused_since = since;
            if !matches!(error, PublishError::Unavailable(_)) {
                tracing::warn!(%error, to = ?publication.to, "publishing again");
            }
            tokio::select! {
                () = stop.cancelled(), if wait == LONGEST_WAIT => return Ok(ConfirmOutcome::Interrupted),
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl Publisher {
    /// Whether the error says that our user may not write where this goes. All publications of the round have that error,
    /// also those that go elsewhere.
    pub fn is_denied(&self, to: &To, error: &PublishError) -> bool {
        let exchange = match to {
            To::Event(_) => self.names.events_exchange(),
            To::Reply(_) => DEFAULT_EXCHANGE.to_owned(),
            _ => return false,
        };
        let PublishError::Unknown(why) = error else { return false };
        why.contains("ACCESS_REFUSED") && why.contains(&format!("exchange '{exchange}'"))
    }
}

#[cfg(test)]
mod tests;
