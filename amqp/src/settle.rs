//! Settles a message of the broker exactly once: acknowledges it, gives it back, or leaves it to the broker's
//! dead-lettering.

mod tags;
mod task;

use std::fmt;

use tokio::sync::{mpsc, oneshot};

pub(crate) use task::settle;

/// The duty to settle one message, by one of these methods. A message whose `Settle` is dropped without one stays
/// unacknowledged until its generation ends, which is logged and counted as a bug. When a panic drops it, the message
/// is rejected: the broker dead-letters it, and it does not come back to panic again.
#[must_use = "a message that is not settled comes back only when the connection ends"]
pub struct Settle(Option<Recipient>);

/// How a message was settled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Settlement {
    Ack,
    Requeue,
    Reject,
}

enum Recipient {
    Broker { tag: u64, requests: mpsc::UnboundedSender<Request> },
    Test(oneshot::Sender<Settlement>),
}

/// The generation of a message: the connection over which it was consumed.
pub struct Generation(Option<mpsc::WeakUnboundedSender<Request>>);

impl Generation {
    /// Asks the broker whether it has everything that was sent to it so far, which does not include an ack that still
    /// waits for its neighbours. False means that the generation ended before the broker answered, and that nobody can
    /// know. Only an answer is proof: a line that has gone silent keeps a generation alive for twice the heartbeat.
    /// Without a broker the answer is always true.
    pub async fn has_all(&self) -> bool {
        let Some(requests) = &self.0 else { return true };
        let (reply, answer) = oneshot::channel();
        let asked = requests.upgrade().is_some_and(|requests| requests.send(Request::Question(reply)).is_ok());
        asked && answer.await.unwrap_or(false)
    }
}

/// A request to the settling task.
pub(crate) enum Request {
    Settle {
        tag: u64,
        settlement: Settlement,
        /// Gets false when the settlement could not be sent. None where nobody waits.
        reply: Option<oneshot::Sender<bool>>,
    },
    /// Asks whether the broker has everything that was sent before.
    Question(oneshot::Sender<bool>),
}

impl Settle {
    pub(crate) fn new(tag: u64, requests: mpsc::UnboundedSender<Request>) -> Self {
        Self(Some(Recipient::Broker { tag, requests }))
    }

    /// A `Settle` without a broker, which reports how it was settled. For tests of code that consumes.
    pub fn reporting() -> (Self, oneshot::Receiver<Settlement>) {
        let (report, settled) = oneshot::channel();
        (Self(Some(Recipient::Test(report))), settled)
    }

    /// Whether the generation still lives. If not, the broker has taken the message back and delivers it again; this
    /// copy must neither be claimed nor published.
    pub fn is_current(&self) -> bool {
        match &self.0 {
            Some(Recipient::Broker { requests, .. }) => !requests.is_closed(),
            Some(Recipient::Test(report)) => !report.is_closed(),
            None => false,
        }
    }

    /// The generation of this message, which tells after an acknowledgement whether the broker has it.
    pub fn generation(&self) -> Generation {
        Generation(match &self.0 {
            Some(Recipient::Broker { requests, .. }) => Some(requests.downgrade()),
            Some(Recipient::Test(_)) | None => None,
        })
    }

    /// Acknowledges the message, perhaps after a moment together with its neighbours. False means that the ack was not
    /// sent, because the generation is over, and that the message will come again. A caller may drop the future after
    /// its first poll: the ack is sent all the same.
    pub async fn ack(self) -> bool {
        self.end(Settlement::Ack).await
    }

    /// Acknowledges the message like [`Settle::ack`], but does not wait and returns no answer: the message comes again
    /// when the ack could not be sent. `close` of the consumers still sends the ack.
    pub fn ack_in_passing(mut self) {
        match self.0.take() {
            Some(Recipient::Broker { tag, requests }) => {
                let request = Request::Settle { tag, settlement: Settlement::Ack, reply: None };
                if requests.send(request).is_err() {
                    count_lost(1);
                }
            }
            Some(Recipient::Test(report)) => drop(report.send(Settlement::Ack)),
            None => {}
        }
    }

    /// Gives the message back to the queue, for another consumer. For messages whose work has not begun; never for a
    /// retry.
    pub async fn requeue(self) {
        self.end(Settlement::Requeue).await;
    }

    /// Lets the broker dead-letter the message. Only when publishing is impossible.
    pub async fn reject(self) {
        self.end(Settlement::Reject).await;
    }

    async fn end(mut self, settlement: Settlement) -> bool {
        match self.0.take() {
            Some(Recipient::Broker { tag, requests }) => {
                let (reply, answer) = oneshot::channel();
                if requests.send(Request::Settle { tag, settlement, reply: Some(reply) }).is_ok() {
                    return answer.await.unwrap_or(false);
                }
                if settlement == Settlement::Ack {
                    count_lost(1);
                }
                false
            }
            Some(Recipient::Test(report)) => report.send(settlement).is_ok(),
            None => false,
        }
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        if let Some(Recipient::Broker { tag, requests }) = &self.0
            && !requests.is_closed()
        {
            metrics::counter!("chasqui_settle_dropped_total").increment(1);
            if std::thread::panicking() {
                let _over = requests.send(Request::Settle { tag: *tag, settlement: Settlement::Reject, reply: None });
                tracing::error!(tag, "a message whose handling panicked is left to the broker's dead-lettering");
                return;
            }
            tracing::error!(tag, "a message was dropped without being settled; it comes back when the connection ends");
        }
    }
}

/// Counts acks that could not be sent, because their generation is over.
fn count_lost(acks: usize) {
    metrics::counter!("chasqui_ack_lost_total").increment(acks as u64);
}

impl fmt::Debug for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Recipient::Broker { tag, .. }) => write!(f, "Settle({tag})"),
            _ => f.write_str("Settle"),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_message_whose_handling_panics_is_rejected_and_a_forgotten_one_is_not() {
        let (requests, mut requested) = mpsc::unbounded_channel();
        let handle = async |settle: Settle, panics: bool| {
            tokio::task::yield_now().await;
            assert!(!panics, "a panic with a message in hand");
            drop(settle);
        };
        assert!(
            std::panic::AssertUnwindSafe(handle(Settle::new(1, requests.clone()), false)).catch_unwind().await.is_ok()
        );
        assert!(requested.try_recv().is_err());
        assert!(
            std::panic::AssertUnwindSafe(handle(Settle::new(2, requests.clone()), true)).catch_unwind().await.is_err()
        );
        let request = requested.try_recv().expect("asked");
        assert!(matches!(request, Request::Settle { tag: 2, settlement: Settlement::Reject, .. }));
    }
}
