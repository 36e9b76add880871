//! The dead letter of a message that nobody could take: the same body, and why.

use domain::{DeadMark, Headers, Reason, Timestamp};

use crate::{Incoming, Publication, To};

/// The broker counts every delivery that ended with its connection or channel, or in a reject; a nack that gives the
/// message back counts up to RabbitMQ 4.2, and no longer from 4.3 on. At this count whoever consumes gives up before the
/// queue's own limit of 20 would, so that the dead letter has a reason.
pub const TOO_MANY_DELIVERIES: u32 = 10;

impl Incoming {
    /// What to publish before this message is acknowledged. Without `notify-attempt` and `notify-seq`:
    /// a move out of the dead-letter queue starts from nothing. A message without an id gets `minted`.
    pub fn dead_letter(
        &self,
        reason: Reason,
        error: &str,
        at: Timestamp,
        minted: impl FnOnce() -> String,
    ) -> Publication {
        let received = &self.headers;
        let headers = Headers {
            epoch: Some(received.effective_epoch()),
            lane: Some(self.lane),
            parent: received.parent.clone(),
            publisher: received.publisher.clone(),
            dead: Some(DeadMark {
                reason: reason.as_str().to_owned(),
                error: error.to_owned(),
                attempts: received.attempt.unwrap_or(0),
                at,
            }),
            ..Headers::default()
        };
        Publication {
            to: To::DeadLetter,
            message_id: self.message_id.clone().unwrap_or_else(minted),
            body: self.body.clone(),
            headers,
            carried: self.carried.clone(),
        }
    }
}
