//! Consumes from several queues, over a connection of its own that comes back by itself.

mod generation;
mod intake;
mod supervise;
mod turn;

use std::time::Duration;

use bytes::Bytes;
use domain::{Headers, Lane, Timestamp};
use lapin::BasicProperties;
use lapin::types::ShortString;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::decode::owner_of;
use crate::envelope::{delivery_count, noted_tenant, of_a_publisher, sent_at};
use crate::{Carried, Names, Owner, Settle, Topology, fingerprint_of_properties, read_headers};

/// The broker counts every delivery that ended with its connection or channel, or in a reject; a nack that gives the
/// message back counts up to RabbitMQ 4.2, and no longer from 4.3 on. At this count whoever consumes gives up before the
/// queue's own limit of 20 would, so that the dead letter has a reason.
pub const TOO_MANY_DELIVERIES: u32 = 10;

/// A queue that is consumed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    Lane(Lane),
    Scheduled,
}

/// One source, and how many of its messages may be unacknowledged at once, 1 to 2000.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription {
    pub source: Source,
    pub prefetch: u16,
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
    /// One per subscription, in their order: is it consumed in this generation?
    pub consuming: Vec<(Source, bool)>,
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

/// One message, with everything that is known about how it came.
#[derive(Debug)]
pub struct Incoming {
    pub source: Source,
    /// The lane of the queue it was consumed from; for the scheduled queue, of its `notify-lane`, else normal.
    pub lane: Lane,
    /// 1 to 255 bytes.
    pub message_id: Option<String>,
    pub body: Bytes,
    /// Of a publisher whose tenant is told from its user, only those that publishers may set.
    pub headers: Headers,
    pub carried: Carried,
    pub owner: Owner,
    /// Canonical bytes of the properties that its publisher chose, for `domain::fingerprint_of`. Empty when it has a
    /// `message_id`: then nobody needs a fingerprint.
    pub properties_fingerprint: Vec<u8>,
    /// The AMQP `timestamp`.
    pub timestamp: Option<Timestamp>,
    pub content_encoding: Option<String>,
    pub redelivered: bool,
    /// `x-delivery-count`: how often it was handed out before; 0 when the broker does not count, and at a first delivery,
    /// whose header is its publisher's word.
    pub delivery_count: u32,
    pub settle: Settle,
}

impl Consumers {
    /// Connects in the background, and again for ever. One receiver per subscription, in their order; each holds at
    /// most one message that was not received yet, and ends after `drain` or `close`.
    pub fn start(
        topology: Topology,
        subscriptions: Vec<Subscription>,
        settings: ConsumerSettings,
    ) -> (Self, Vec<mpsc::Receiver<Incoming>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = subscriptions.iter().map(|_| mpsc::channel(1)).unzip();
        let consuming = subscriptions.iter().map(|subscription| (subscription.source, false)).collect();
        let (state_in, state) = watch::channel(ConsumersState { consuming, ..ConsumersState::default() });
        let (control, control_out) = watch::channel(Control::Running);
        let (drained_in, drained) = watch::channel(false);
        let supervisor = supervise::Supervisor {
            topology,
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

    /// Per subscription, in their order: is it consumed in this generation?
    pub fn consuming(&self) -> Vec<(Source, bool)> {
        self.state.borrow().consuming.clone()
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

impl Source {
    pub fn queue(self, names: &Names) -> String {
        match self {
            Self::Lane(lane) => names.lane_queue(lane),
            Self::Scheduled => names.scheduled_queue(),
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lane(lane) => lane.as_str(),
            Self::Scheduled => "scheduled",
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Incoming {
    /// As it would have come from the broker. Also for tests of whoever consumes, with [`Settle::reporting`].
    /// `fleet_user` is [`crate::Broker::fleet_user`].
    pub fn new(
        source: Source,
        names: &Names,
        fleet_user: Option<&str>,
        properties: &BasicProperties,
        body: Bytes,
        redelivered: bool,
        settle: Settle,
    ) -> Self {
        let user = properties.user_id().as_ref().map(ShortString::as_str);
        let owner = owner_of(fleet_user, user, noted_tenant(properties));
        let is_the_fleets = fleet_user.is_none() || user == fleet_user;
        let headers = read_headers(properties, names);
        let headers = if is_the_fleets { headers } else { of_a_publisher(headers) };
        let message_id =
            properties.message_id().as_ref().map(ShortString::to_string).filter(|message_id| !message_id.is_empty());
        Self {
            source,
            lane: match source {
                Source::Lane(lane) => lane,
                Source::Scheduled => headers.lane.unwrap_or_default(),
            },
            properties_fingerprint: if message_id.is_none() {
                fingerprint_of_properties(properties)
            } else {
                Vec::new()
            },
            message_id,
            body,
            headers,
            carried: Carried::of(properties).with_owner(&owner),
            owner,
            timestamp: sent_at(properties),
            content_encoding: properties.content_encoding().as_ref().map(ShortString::to_string),
            redelivered,
            delivery_count: delivery_count(properties, redelivered),
            settle,
        }
    }
}
