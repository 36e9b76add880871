//! Consumes our queues: what was delivered from a [`Source`] is handed out as an [`Incoming`].

use std::sync::Arc;

use amqp::{ConsumerSettings, ConsumersState};
use tokio::sync::{mpsc, watch};

use crate::{Incoming, Source, Topology};

/// The broker counts every delivery that ended with its connection or channel, or in a reject; a nack that gives the
/// message back counts up to RabbitMQ 4.2, and no longer from 4.3 on. At this count whoever consumes gives up before the
/// queue's own limit of 20 would, so that the dead letter has a reason.
pub const TOO_MANY_DELIVERIES: u32 = 10;

/// One source, and how many of its messages may be unacknowledged at once, 1 to 2000.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription {
    pub source: Source,
    pub prefetch: u16,
}

/// The supervised consumers of one process. Dropped without `close`, they end the connection: what is in flight comes
/// again.
#[derive(Debug)]
pub struct Consumers(amqp::Consumers);

impl Consumers {
    /// Connects in the background, and again for ever. One receiver per subscription, in their order; each holds at
    /// most one message that was not received yet, and ends after `drain` or `close`.
    pub fn start(
        topology: Topology,
        subscriptions: Vec<Subscription>,
        settings: ConsumerSettings,
    ) -> (Self, Vec<mpsc::Receiver<Incoming>>) {
        let subscriptions = subscriptions.into_iter().map(|subscription| subscription.of(&topology)).collect();
        let (consumers, receivers) = amqp::Consumers::start(topology.connector(), subscriptions, settings);
        (Self(consumers), receivers)
    }

    /// Stops handing out; what is held stays held, up to the prefetch.
    pub fn pause(&self) {
        self.0.pause();
    }

    pub fn resume(&self) {
        self.0.resume();
    }

    /// Every subscription is consumed in this generation.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    /// Waits until every subscription is consumed; false when it has stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.0.until_ready().await
    }

    pub fn watch(&self) -> watch::Receiver<ConsumersState> {
        self.0.watch()
    }

    /// Takes nothing more and gives back what was not handed out. What a receiver still yields is the caller's to
    /// settle. Acks go on working until `close`; when the connection is lost meanwhile, no other is opened.
    pub async fn drain(&self) {
        self.0.drain().await;
    }

    /// Drains, sends the settlements that were asked for, and ends the connection.
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
            prefetch,
            read: Arc::new(move |delivery| Incoming::new(source, &names, fleet_user.as_deref(), delivery)),
        }
    }
}
