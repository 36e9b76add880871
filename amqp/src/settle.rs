//! Ends a broker message exactly once: acknowledged, given back, or left to the broker's dead-lettering.

mod tags;
mod task;

use std::fmt;

use tokio::sync::{mpsc, oneshot};

pub(crate) use task::settle;

/// Must be consumed by one of its methods. Dropped without, the message stays unacknowledged until its generation
/// ends, and that is logged and counted as a bug. Dropped by a panic, it is rejected: the broker dead-letters it, and
/// it does not come back to panic again.
#[must_use = "a message that is not settled comes back only when the connection ends"]
pub struct Settle(Option<Way>);

/// How a message was ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Settlement {
    Ack,
    Requeue,
    Reject,
}

enum Way {
    Broker { tag: u64, requests: mpsc::UnboundedSender<Request> },
    Report(oneshot::Sender<Settlement>),
}

/// One connection's time of consuming.
pub struct Generation(Option<mpsc::WeakUnboundedSender<Request>>);

impl Generation {
    /// Asks the broker whether it has all that was sent to it so far; an ack that still waits for its neighbours was
    /// not. False: the generation is over before it answers, and nobody can know. A line that has gone silent keeps a
    /// generation alive for twice the heartbeat, and only an answer tells. Without a broker it is always true.
    pub async fn has_all(&self) -> bool {
        let Some(requests) = &self.0 else { return true };
        let (reply, answer) = oneshot::channel();
        let asked = requests.upgrade().is_some_and(|requests| requests.send(Request::Question(reply)).is_ok());
        asked && answer.await.unwrap_or(false)
    }
}

/// What the settling task is asked to do.
pub(crate) enum Request {
    Settle {
        tag: u64,
        settlement: Settlement,
        /// False when it could not be sent; none where nobody waits.
        reply: Option<oneshot::Sender<bool>>,
    },
    /// Has the broker all that was sent before?
    Question(oneshot::Sender<bool>),
}

impl Settle {
    pub(crate) fn new(tag: u64, requests: mpsc::UnboundedSender<Request>) -> Self {
        Self(Some(Way::Broker { tag, requests }))
    }

    /// Not connected to a broker: reports how it was settled. For tests of whoever consumes.
    pub fn reporting() -> (Self, oneshot::Receiver<Settlement>) {
        let (report, settled) = oneshot::channel();
        (Self(Some(Way::Report(report))), settled)
    }

    /// False: its generation is over. The broker has taken the message back and delivers it again; this copy must
    /// neither be claimed nor published.
    pub fn is_current(&self) -> bool {
        match &self.0 {
            Some(Way::Broker { requests, .. }) => !requests.is_closed(),
            Some(Way::Report(report)) => !report.is_closed(),
            None => false,
        }
    }

    /// Tells after an acknowledgement whether the broker has it.
    pub fn generation(&self) -> Generation {
        Generation(match &self.0 {
            Some(Way::Broker { requests, .. }) => Some(requests.downgrade()),
            Some(Way::Report(_)) | None => None,
        })
    }

    /// False: it was not sent, because its generation is over; the message will come again. Nothing is lost when the
    /// future is dropped after its first poll. It may wait a moment for the acks of its neighbours.
    pub async fn ack(self) -> bool {
        self.end(Settlement::Ack).await
    }

    /// As [`Settle::ack`], for whom it is enough that the message comes again when it could not be sent. `close` of
    /// the consumers still sends it.
    pub fn ack_in_passing(mut self) {
        match self.0.take() {
            Some(Way::Broker { tag, requests }) => {
                let request = Request::Settle { tag, settlement: Settlement::Ack, reply: None };
                if requests.send(request).is_err() {
                    count_lost(1);
                }
            }
            Some(Way::Report(report)) => drop(report.send(Settlement::Ack)),
            None => {}
        }
    }

    /// Back to the queue, for another consumer. For messages whose work has not begun; never for a retry.
    pub async fn requeue(self) {
        self.end(Settlement::Requeue).await;
    }

    /// The broker dead-letters it. Only when publishing is impossible.
    pub async fn reject(self) {
        self.end(Settlement::Reject).await;
    }

    async fn end(mut self, settlement: Settlement) -> bool {
        match self.0.take() {
            Some(Way::Broker { tag, requests }) => {
                let (reply, answer) = oneshot::channel();
                if requests.send(Request::Settle { tag, settlement, reply: Some(reply) }).is_ok() {
                    return answer.await.unwrap_or(false);
                }
                if settlement == Settlement::Ack {
                    count_lost(1);
                }
                false
            }
            Some(Way::Report(report)) => report.send(settlement).is_ok(),
            None => false,
        }
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        if let Some(Way::Broker { tag, requests }) = &self.0
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

/// Acks that could not be sent, because their generation is over.
fn count_lost(acks: usize) {
    metrics::counter!("chasqui_ack_lost_total").increment(acks as u64);
}

impl fmt::Debug for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Way::Broker { tag, .. }) => write!(f, "Settle({tag})"),
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
