//! The consumers' supervisor: one generation after the other, for ever.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::generation::{Generation, Setup};
use super::queue_consumer::Ended;
use super::{ConsumerSettings, ConsumersState, Control, Subscription};
use crate::Connector;
use crate::backoff::Backoff;

/// A connection that lasted this long was a good one: the next back-off starts from the beginning.
const GOOD: Duration = Duration::from_secs(5);
/// The longest wait after a connection that did consume. It may have ended by one bad message after the other, or by
/// several reasons at once, of which lapin names another. Longer waits are for a broker that is not there.
const AFTER_CONSUMING: Duration = Duration::from_secs(1);
/// The wait after a message that cannot be parsed: the message has to be received a number of times before the broker
/// gives it up.
const AFTER_UNREADABLE: Duration = Duration::from_millis(100);

pub(super) struct Supervisor<T> {
    pub(super) connector: Connector,
    pub(super) settings: ConsumerSettings,
    pub(super) subscriptions: Vec<Subscription<T>>,
    /// Dropped after a drain, which ends the receivers.
    pub(super) senders: Vec<mpsc::Sender<T>>,
    pub(super) control: watch::Receiver<Control>,
    pub(super) state: watch::Sender<ConsumersState>,
    pub(super) drained: watch::Sender<bool>,
}

impl<T: Send + 'static> Supervisor<T> {
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new(&self.connector.broker().connection_name("consume"));
        let mut control = self.control.clone();
        // After a message that cannot be parsed the broker is unchanged, so preparing it, which would delay other
        // messages, is left out.
        let mut prepare = true;
        // While paused, a new generation would only hold messages that another process could work on.
        while wants_to_run(&mut control).await {
            let begun = Instant::now();
            let generation = tokio::select! {
                generation = Generation::begin(self.setup(), prepare) => generation,
                () = told_to_stop(&mut control) => break,
            };
            let (ended, longest) = match generation {
                Err(ended) => (ended, Duration::MAX),
                Ok(generation) => match self.consume(generation).await {
                    Some(ended) => (ended, AFTER_CONSUMING),
                    None => return,
                },
            };
            self.note(&ended);
            if begun.elapsed() > GOOD {
                backoff.reset();
            }
            prepare = !ended.unreadable;
            let wait = if ended.unreadable { AFTER_UNREADABLE } else { backoff.next().min(longest) };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = told_to_stop(&mut control) => {}
            }
        }
        self.give_up();
    }

    fn setup(&self) -> Setup<'_, T> {
        Setup {
            connector: &self.connector,
            subscriptions: &self.subscriptions,
            senders: &self.senders,
            control: &self.control,
            state: &self.state,
            generation: self.state.borrow().generation,
            held_bytes: self.settings.held_bytes,
        }
    }

    /// Runs one generation. `None` when it was drained and closed.
    async fn consume(&mut self, mut generation: Generation) -> Option<Ended> {
        metrics::counter!("chasqui_consumer_generations_total").increment(1);
        self.state.send_modify(|state| state.generation += 1);
        let ended = generation.run(&self.settings, self.control.clone()).await;
        match ended {
            Ok(()) => {
                self.give_up();
                let mut control = self.control.clone();
                generation.linger(&mut control).await;
                None
            }
            Err(ended) => {
                self.stopped_consuming(&ended.why);
                generation.end().await;
                Some(ended)
            }
        }
    }

    fn note(&self, ended: &Ended) {
        self.stopped_consuming(&ended.why);
        let broker = self.connector.broker().address();
        if ended.unreadable {
            metrics::counter!("chasqui_unreadable_messages_total").increment(1);
            tracing::warn!(
                broker,
                "a message cannot be parsed and ended the connection; the broker dead-letters it when its delivery limit is \
                 reached"
            );
        } else {
            tracing::warn!(broker, problem = ended.why, "not consuming; connecting again");
        }
    }

    fn stopped_consuming(&self, why: &str) {
        self.state.send_modify(|state| {
            state.consuming.iter_mut().for_each(|(_, consumed)| *consumed = false);
            state.problem = Some(why.to_owned());
        });
    }

    /// Ends the receivers, and reports that nothing is consumed any more.
    fn give_up(&mut self) {
        self.senders.clear();
        self.stopped_consuming("the consumers have stopped");
        self.drained.send_replace(true);
    }
}

/// Waits while paused; false when it is time to stop, also when the handle was dropped.
async fn wants_to_run(control: &mut watch::Receiver<Control>) -> bool {
    if control.has_changed().is_err() {
        return false;
    }
    control.wait_for(|control| *control != Control::Paused).await.is_ok_and(|control| *control == Control::Running)
}

/// Waits until it is time to stop, or the handle was dropped.
async fn told_to_stop(control: &mut watch::Receiver<Control>) {
    let _handle_dropped = control.wait_for(|control| *control >= Control::Draining).await.is_err();
}
