//! A virtual host of one test's own, and what the tests do to it behind the crate's back.

use std::net::SocketAddr;
use std::time::Duration;

use domain::{Headers, Lane};
use e2e::services::services;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection};
use tokio::time::Instant;
use topology::{
    Broker, Consumers, Delivery, Incoming, Management, Mode, Names, Plan, Publication, Publisher, PublisherProperties,
    PublisherSettings, QueueType, Settle, Source, Subscription, To, Topology, depth,
};

pub(super) struct Place {
    pub(super) topology: Topology,
    pub(super) vhost: String,
    pub(super) url: String,
}

pub(super) const DELAYS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_secs(30), Duration::from_secs(120)];

/// Waits for a confirm for as long as a fleet does.
pub(super) fn patient() -> PublisherSettings {
    PublisherSettings::new(Duration::from_secs(5))
}

impl Place {
    /// An empty virtual host.
    pub(super) async fn new() -> Self {
        let vhost = services().await.create_vhost().await.unwrap();
        let url = services().await.amqp_url(&vhost);
        let names = Names::of("notifications");
        let plan = Plan::new(&names, QueueType::Quorum, DELAYS);
        let broker = Broker::new(url.clone().into(), "test").unwrap();
        Self {
            topology: Topology {
                broker,
                names,
                plan,
                mode: Mode::Declare,
                management: None,
                declared: Default::default(),
            },
            vhost,
            url,
        }
    }

    /// With everything declared.
    pub(super) async fn declared() -> Self {
        let place = Self::new().await;
        place.topology.ready().await.unwrap();
        place
    }

    pub(super) async fn remove(self) {
        services().await.delete_vhost(&self.vhost).await.unwrap();
    }

    pub(super) fn broker(&self) -> &Broker {
        &self.topology.broker
    }

    pub(super) async fn management(&self) -> Management {
        Management::new(&services().await.management.clone().into(), self.broker()).unwrap()
    }

    /// Where the broker listens.
    pub(super) async fn address(&self) -> SocketAddr {
        let port = self.url.rsplit_once('/').unwrap().0.rsplit_once(':').unwrap().1;
        SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))
    }

    /// The same place, reached through a proxy.
    pub(super) fn through(&self, proxy: SocketAddr) -> Topology {
        let (start, vhost) = self.url.rsplit_once('/').unwrap();
        let (credentials, _) = start.rsplit_once('@').unwrap();
        let broker = Broker::new(format!("{credentials}@{proxy}/{vhost}").into(), "test").unwrap();
        Topology { broker: broker.with_connect_timeout(Duration::from_secs(1)), ..self.topology.clone() }
    }

    pub(super) async fn depth(&self, queue: &str) -> u32 {
        depth(self.broker(), queue).await.unwrap().expect("the queue exists").messages
    }

    pub(super) async fn lane_depth(&self, lane: Lane) -> u32 {
        self.depth(&self.topology.names.lane_queue(lane)).await
    }

    pub(super) async fn dead_letters(&self) -> u32 {
        self.depth(&self.topology.names.dead_letter_queue()).await
    }

    /// Takes a dead letter, and reads it as a consumer of the lane would after its move.
    pub(super) async fn dead_letter(&self, lane: Lane) -> Incoming {
        self.take(&self.topology.names.dead_letter_queue(), lane).await
    }

    /// Takes the next message of a queue, and reads it as a consumer of the lane would.
    pub(super) async fn take(&self, queue: &str, lane: Lane) -> Incoming {
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        let taking = amqp.basic_get(queue.into(), BasicGetOptions { no_ack: true });
        let taken = taking.await.unwrap().expect("a message").delivery;
        let (settle, _settled) = Settle::reporting();
        let body = taken.data.into();
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties: taken.properties,
            body,
            redelivered: taken.redelivered,
            settle,
        };
        Incoming::new(Source::Lane(lane), &self.topology.names, None, delivery)
    }

    async fn connection(&self) -> Connection {
        self.broker().connect("meddle").await.unwrap()
    }

    pub(super) async fn delete_queue(&self, queue: &str) {
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        amqp.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }

    /// Makes a queue as *Move messages* of the RabbitMQ UI makes one that is not there, with one message in it.
    pub(super) async fn move_to_a_new_queue(&self, queue: &str) {
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        amqp.queue_declare(queue.into(), durable, FieldTable::default()).await.unwrap();
        amqp.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let options = BasicPublishOptions::default();
        let publishing = amqp.basic_publish("".into(), queue.into(), options, b"x", BasicProperties::default());
        publishing.await.unwrap().await.unwrap();
    }

    /// Tells clients of gateways so many things, as an application does. Each is counted in its body.
    pub(super) async fn tell(&self, things: std::ops::Range<usize>) {
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        amqp.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let exchange = self.topology.names.realtime_exchange();
        let mut confirms = Vec::new();
        for thing in things {
            let (options, body) = (BasicPublishOptions::default(), thing.to_string());
            let (to, key) = (exchange.as_str().into(), "solicitud.creada".into());
            let publishing = amqp.basic_publish(to, key, options, body.as_bytes(), BasicProperties::default());
            confirms.push(publishing.await.unwrap());
        }
        for confirm in confirms {
            confirm.await.unwrap();
        }
    }

    pub(super) async fn delete_exchange(&self, exchange: &str) {
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        amqp.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await.unwrap();
    }

    pub(super) async fn unbind(&self, lane: Lane) {
        let names = &self.topology.names;
        let connection = self.connection().await;
        let amqp = connection.create_channel().await.unwrap();
        let (queue, key) = (names.lane_queue(lane), names.lane_key(lane));
        let exchange = names.exchange.as_str();
        amqp.queue_unbind(queue.into(), exchange.into(), key.into(), FieldTable::default()).await.unwrap();
    }

    pub(super) async fn publisher(&self) -> Publisher {
        let publisher = Publisher::start(self.topology.clone(), patient(), Default::default());
        assert!(publisher.until_ready().await);
        publisher
    }

    /// A publisher that declares nothing, so that what is unbound stays unbound: a connection of an ordinary one declares
    /// the bindings again in passing, at a moment that nobody can wait for.
    pub(super) async fn publisher_that_declares_nothing(&self) -> Publisher {
        let topology = Topology { mode: Mode::Off, ..self.topology.clone() };
        let publisher = Publisher::start(topology, patient(), Default::default());
        assert!(publisher.until_ready().await);
        publisher
    }

    /// Publishes `count` messages to a lane; their bodies are their ids.
    pub(super) async fn fill(&self, lane: Lane, count: usize) {
        let publisher = self.publisher().await;
        let publishing = (0..count).map(|n| {
            let publisher = publisher.clone();
            async move { publisher.publish(publication(To::Lane(lane), &n.to_string())).await }
        });
        for result in all(publishing).await {
            result.unwrap();
        }
    }

    /// Consumes one lane.
    pub(super) fn consume(&self, lane: Lane, prefetch: u16) -> (Consumers, tokio::sync::mpsc::Receiver<Incoming>) {
        consume(&self.topology, lane, prefetch)
    }
}

pub(super) fn consume(
    topology: &Topology,
    lane: Lane,
    prefetch: u16,
) -> (Consumers, tokio::sync::mpsc::Receiver<Incoming>) {
    let subscription = Subscription { source: Source::Lane(lane), prefetch };
    let (consumers, mut receivers) = Consumers::start(topology.clone(), vec![subscription], Default::default());
    (consumers, receivers.remove(0))
}

pub(super) fn publication(to: To, id: &str) -> Publication {
    Publication {
        to,
        message_id: id.to_owned(),
        body: id.to_owned().into(),
        headers: Headers::default(),
        publisher_properties: PublisherProperties::default(),
    }
}

/// The next message, within a minute: a message that cannot be parsed takes twenty connections first.
pub(super) async fn next(messages: &mut tokio::sync::mpsc::Receiver<Incoming>) -> Incoming {
    tokio::time::timeout(Duration::from_secs(60), messages.recv()).await.expect("a message in time").expect("consumers")
}

/// Polls until it holds, for half a minute at most.
pub(super) async fn eventually<T: PartialEq + std::fmt::Debug>(expected: T, mut look: impl AsyncFnMut() -> T) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let seen = look().await;
        if seen == expected {
            return;
        }
        assert!(Instant::now() < deadline, "expected {expected:?}, still {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs them side by side; their results in order.
pub(super) async fn all<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
