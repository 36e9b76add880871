//! Consumes our queues: a message that was delivered from a [`Source`] is handed out as an [`Incoming`].

use std::sync::Arc;

use amqp::{ConsumerSettings, ConsumersState};
use tokio::sync::{mpsc, watch};

use crate::{Incoming, Source, Topology};

/// At this delivery count a consumer gives a message up, before the queue's own limit of 20 does, so that the dead
/// letter has a reason. The broker counts every delivery that ended with its connection or channel, or in a reject; a
/// nack that gives the message back counts up to RabbitMQ 4.2, and no longer from 4.3 on.
pub const TOO_MANY_DELIVERIES: u32 = 10;

/// One source, and how many of its messages may be unacknowledged at once, 1 to 2000.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription {
    pub source: Source,
    pub prefetch: u16,
}

/// The supervised consumers of one process. Dropping them without `close` ends the connection, and messages in flight
/// are delivered again.
#[derive(Debug)]
pub struct Consumers(pub(crate) amqp::Consumers);

impl Consumers {
    /// Connects in the background, and connects again for ever. Returns one receiver per subscription, in order. Each
    /// receiver buffers at most one message, and ends after `drain` or `close`.
    pub fn start(
        topology: Topology,
        subscriptions: Vec<Subscription>,
        settings: ConsumerSettings,
    ) -> (Self, Vec<mpsc::Receiver<Incoming>>) {
        let subscriptions = subscriptions.into_iter().map(|subscription| subscription.of(&topology)).collect();
        let (consumers, receivers) = amqp::Consumers::start(topology.connector(), subscriptions, settings);
        (Self(consumers), receivers)
    }

    /// Stops handing messages out. Up to the prefetch, messages that have arrived wait in this process.
    pub fn pause(&self) {
        self.0.pause();
    }

    pub fn resume(&self) {
        self.0.resume();
    }

    /// Whether every subscription is consumed over the current connection.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    /// Waits until every subscription is consumed; false when the consumers have stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.0.until_ready().await
    }

    pub fn watch(&self) -> watch::Receiver<ConsumersState> {
        self.0.watch()
    }

    /// Consumes nothing more, and gives back what was not handed out. The caller settles what a receiver still yields.
    /// Acks work until `close`; when the connection is lost meanwhile, no other is opened.
    pub async fn drain(&self) {
        self.0.drain().await;
    }

    /// Drains, sends the settlements that were requested, and ends the connection.
    pub async fn close(self) {
        self.0.close().await;
    }
}

impl Subscription {
    fn of(self, topology: &Topology) -> amqp::Subscription<Incoming> {
        let Self { source, prefetch } = self;
        let names = topology.names.clone();
        let fleet_user = topology.broker.user_id().map(str::to_owned);
        amqp::Subscription {
            name: source.as_str(),
            queue: source.queue(&names),
            own: None,
            prefetch,
            read: Arc::new(move |delivery| Incoming::new(source, &names, fleet_user.as_deref(), delivery)),
        }
    }
}
