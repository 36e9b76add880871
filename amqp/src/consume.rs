//! Consumes from several queues, over a connection of its own that comes back by itself.

mod delivery;
mod generation;
mod intake;
mod supervise;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::Connector;

pub use delivery::{Delivery, delivery_count};

/// One queue that is consumed.
pub struct Subscription<T> {
    /// What it is called in the consumer's tag, and in the state.
    pub name: &'static str,
    pub queue: String,
    /// How many of its messages may be unacknowledged at once, 1 to 2000.
    pub prefetch: u16,
    /// What is made of each message before it is handed out. A panic ends the generation, and the broker dead-letters
    /// the message.
    pub read: Arc<dyn Fn(Delivery) -> T + Send + Sync>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerSettings {
    /// A connection that the broker blocks for longer ends its generation.
    pub blocked_limit: Duration,
    /// Paused for longer, the generation ends and its messages go back to the broker, which would otherwise close the
    /// AMQP channel after 30 minutes.
    pub hold_limit: Duration,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self { blocked_limit: Duration::from_secs(60), hold_limit: Duration::from_secs(20 * 60) }
    }
}

/// How the consumers stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConsumersState {
    /// Connections so far, this one included.
    pub generation: u64,
    /// One per subscription, in their order, with its name: is it consumed in this generation?
    pub consuming: Vec<(&'static str, bool)>,
    /// Why nothing is consumed, for people.
    pub problem: Option<String>,
}

impl ConsumersState {
    /// Every subscription is consumed in this generation.
    pub fn is_ready(&self) -> bool {
        !self.consuming.is_empty() && self.consuming.iter().all(|(_, consumed)| *consumed)
    }
}

/// The supervised consumers of one process. Dropped without `close`, they end the connection: what is in flight comes
/// again.
#[derive(Debug)]
pub struct Consumers {
    control: watch::Sender<Control>,
    state: watch::Receiver<ConsumersState>,
    drained: watch::Receiver<bool>,
    supervisor: JoinHandle<()>,
}

/// What the supervised tasks are told. It only goes forward, except between running and paused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Control {
    Running,
    Paused,
    Draining,
    Closing,
}

impl Consumers {
    /// Connects in the background, and again for ever. One receiver per subscription, in their order; each holds at
    /// most one message that was not received yet, and ends after `drain` or `close`.
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

    /// Stops handing out; what is held stays held, up to the prefetch.
    pub fn pause(&self) {
        self.tell(Control::Running, Control::Paused);
    }

    pub fn resume(&self) {
        self.tell(Control::Paused, Control::Running);
    }

    fn tell(&self, from: Control, to: Control) {
        self.control.send_if_modified(|control| {
            let applies = *control == from;
            if applies {
                *control = to;
            }
            applies
        });
    }

    /// Every subscription is consumed in this generation.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().is_ready()
    }

    /// Waits until every subscription is consumed; false when it has stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.watch().wait_for(ConsumersState::is_ready).await.is_ok()
    }

    pub fn watch(&self) -> watch::Receiver<ConsumersState> {
        self.state.clone()
    }

    /// Takes nothing more and gives back what was not handed out. What a receiver still yields is the caller's to
    /// settle. Acks go on working until `close`; when the connection is lost meanwhile, no other is opened.
    pub async fn drain(&self) {
        self.advance(Control::Draining);
        let mut drained = self.drained.clone();
        let _supervisor_gone = drained.wait_for(|drained| *drained).await;
    }

    /// Drains, sends the settlements that were asked for, and ends the connection.
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
