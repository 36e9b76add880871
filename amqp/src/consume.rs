//! Consumes from several queues, over a connection of its own that comes back by itself.

mod delivery;
mod generation;
mod queue_consumer;
mod supervise;
mod turn;
mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::Connector;
use crate::exclusive::OwnQueue;

pub use delivery::{Delivery, delivery_count};

/// One queue that is consumed.
pub struct Subscription<T> {
    /// The name of the queue in the consumer's tag, and in [`ConsumersState`].
    pub name: &'static str,
    /// The name of the queue; the beginning of it where the queue is the consumer's own.
    pub queue: String,
    /// The queue is made for these consumers alone, and is gone with their connection: what they missed while there was
    /// none, nobody tells them. None for a queue that is there.
    pub own: Option<OwnQueue>,
    /// How many messages of the queue may be unacknowledged at once, 1 to 2000; fewer where
    /// [`ConsumerSettings::held_bytes`] says so.
    pub prefetch: u16,
    /// Makes a `T` of each message before the message is handed out. A panic in it ends the generation, and the broker
    /// dead-letters the message.
    pub read: Arc<dyn Fn(Delivery) -> T + Send + Sync>,
}

impl<T> Subscription<T> {
    /// The queue of one generation. A queue of one's own has another name each time: the broker may not have noticed yet
    /// that the connection before is gone, and keeps its queues for it.
    fn queue_of(&self, generation: u64) -> String {
        if self.own.is_none() { self.queue.clone() } else { format!("{}.{generation}", self.queue) }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerSettings {
    /// A connection that the broker blocks for longer than this ends its generation.
    pub blocked_limit: Duration,
    /// A generation that is paused for longer than this ends, and its messages return to the broker, which would
    /// otherwise close the AMQP channel after 30 minutes.
    pub hold_limit: Duration,
    /// How many bytes of bodies may wait in this process that were not handed out, over all subscriptions, each of which
    /// has its share by its prefetch. With it a prefetch grows when it is needed, as far as bodies like those that come
    /// leave room, and a burst of larger ones exceeds it by what the prefetch lets come at once. None for as much as the
    /// prefetch allows.
    pub held_bytes: Option<usize>,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self { blocked_limit: Duration::from_secs(60), hold_limit: Duration::from_secs(20 * 60), held_bytes: None }
    }
}

/// The state of the consumers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConsumersState {
    /// How many connections there were so far, this one included.
    pub generation: u64,
    /// The name of each subscription, in order, and whether it is consumed over the current connection.
    pub consuming: Vec<(&'static str, bool)>,
    /// How many messages were lost so far that queues of these consumers' own had no room for, as far as they were
    /// counted.
    pub lost: u64,
    /// Why nothing is consumed, in words for people.
    pub problem: Option<String>,
}

impl ConsumersState {
    /// Whether every subscription is consumed over the current connection.
    pub fn is_ready(&self) -> bool {
        !self.consuming.is_empty() && self.consuming.iter().all(|(_, consumed)| *consumed)
    }
}

/// The supervised consumers of one process. Dropping them without `close` ends the connection, and messages in flight
/// are delivered again.
#[derive(Debug)]
pub struct Consumers {
    control: watch::Sender<Control>,
    state: watch::Receiver<ConsumersState>,
    drained: watch::Receiver<bool>,
    supervisor: JoinHandle<()>,
}

/// What the supervised tasks are to do. A value never goes back to an earlier one, except between running and paused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Control {
    Running,
    Paused,
    Draining,
    Closing,
}

impl Consumers {
    /// Connects in the background, and connects again for ever. Returns one receiver per subscription, in order. Each
    /// receiver buffers at most one message, and ends after `drain` or `close`.
    pub fn start<T: Send + 'static>(
        connector: Connector,
        subscriptions: Vec<Subscription<T>>,
        settings: ConsumerSettings,
    ) -> (Self, Vec<mpsc::Receiver<T>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = subscriptions.iter().map(|_| mpsc::channel(1)).unzip();
        let consuming = subscriptions.iter().map(|subscription| (subscription.name, false)).collect();
        let (state_in, state) = watch::channel(ConsumersState { consuming, ..ConsumersState::default() });
        let (control, control_out) = watch::channel(Control::Running);
        let (drained_in, drained) = watch::channel(false);
        let supervisor = supervise::Supervisor {
            connector,
            settings,
            subscriptions,
            senders,
            control: control_out,
            state: state_in,
            drained: drained_in,
        };
        let supervisor = tokio::spawn(supervisor.run());
        (Self { control, state, drained, supervisor }, receivers)
    }

    /// Stops handing messages out. Up to the prefetch, messages that have arrived wait in this process.
    pub fn pause(&self) {
        self.switch(Control::Running, Control::Paused);
    }

    pub fn resume(&self) {
        self.switch(Control::Paused, Control::Running);
    }

    fn switch(&self, from: Control, to: Control) {
        self.control.send_if_modified(|control| {
            let applies = *control == from;
            if applies {
                *control = to;
            }
            applies
        });
    }

    /// Whether every subscription is consumed over the current connection.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().is_ready()
    }

    /// Waits until every subscription is consumed; false when the consumers have stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.watch().wait_for(ConsumersState::is_ready).await.is_ok()
    }

    pub fn watch(&self) -> watch::Receiver<ConsumersState> {
        self.state.clone()
    }

    /// Consumes nothing more, and gives back what was not handed out. The caller settles what a receiver still yields.
    /// Acks work until `close`; when the connection is lost meanwhile, no other is opened.
    pub async fn drain(&self) {
        self.advance(Control::Draining);
        let mut drained = self.drained.clone();
        let _supervisor_gone = drained.wait_for(|drained| *drained).await;
    }

    /// Drains, sends the settlements that were requested, and ends the connection.
    pub async fn close(self) {
        self.drain().await;
        self.advance(Control::Closing);
        let _panicked = self.supervisor.await;
    }

    fn advance(&self, to: Control) {
        self.control.send_if_modified(|control| {
            let applies = *control < to;
            *control = to.max(*control);
            applies
        });
    }
}
