//! A short-lived connection for reading and changing exchanges and queues, one step at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, Consumer, ExchangeKind};

use crate::exclusive::exclusive;
use crate::value::table_of;
use crate::{Argument, Binding, Broker, ConnectError, Exchange, Kind, Refusal};

/// The time limit for one answer of the broker.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit for the answer to the close, which nobody needs.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection for single steps. Every refusal closes the AMQP channel on which it happened; the next step opens
/// another.
pub struct Session<'a> {
    broker: &'a Broker,
    connection: Connection,
    amqp: Option<Channel>,
}

/// Whether to ask only if a thing exists, or to ask for it exactly as described, which creates what is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    Exists,
    Equal,
}

/// The answer to a passive declare of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Depth {
    /// How many messages are ready to be consumed, without those that a consumer has, and without those on their way to
    /// a dead-letter exchange.
    pub messages: u32,
    pub consumers: u32,
}

/// The messages of a queue that is watched.
pub struct Watch(Consumer);

type Step<T> = Result<T, Refusal>;

impl<'a> Session<'a> {
    /// # Errors
    /// [`ConnectError`], as [`Broker::connect`].
    pub async fn open(broker: &'a Broker) -> Result<Self, ConnectError> {
        Ok(Self { broker, connection: broker.connect("topology").await?, amqp: None })
    }

    pub async fn close(self) {
        let closing = self.connection.close(200, "done".into());
        if tokio::time::timeout(CLOSE_TIMEOUT, closing).await.is_err() {
            tracing::debug!("the broker did not answer the close of a connection");
        }
    }

    /// # Errors
    /// [`Refusal`], as of every step.
    pub async fn exchange(&mut self, exchange: &Exchange, ask: Ask) -> Step<()> {
        let doing = format!("declaring exchange '{}'", exchange.name);
        let kind = match exchange.kind {
            Kind::Direct => ExchangeKind::Direct,
            Kind::Fanout => ExchangeKind::Fanout,
            Kind::Topic => ExchangeKind::Topic,
        };
        let options =
            ExchangeDeclareOptions { durable: true, passive: ask == Ask::Exists, ..ExchangeDeclareOptions::default() };
        let name = short(&exchange.name)?;
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.exchange_declare(name, kind, options, FieldTable::default())).await
    }

    /// A durable queue, which is not exclusive and not deleted automatically.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn queue(&mut self, queue: &str, arguments: &BTreeMap<String, Argument>, ask: Ask) -> Step<Depth> {
        self.declare(queue, table_of(arguments), ask).await
    }

    /// # Errors
    /// [`Refusal::Missing`] when there is no such queue.
    pub async fn depth(&mut self, queue: &str) -> Step<Depth> {
        self.declare(queue, FieldTable::default(), Ask::Exists).await
    }

    async fn declare(&mut self, queue: &str, arguments: FieldTable, ask: Ask) -> Step<Depth> {
        let doing = format!("declaring queue '{queue}'");
        let options =
            QueueDeclareOptions { durable: true, passive: ask == Ask::Exists, ..QueueDeclareOptions::default() };
        let name = short(queue)?;
        let amqp = self.amqp().await?;
        let declared = self.step(&doing, amqp.queue_declare(name, options, arguments)).await?;
        Ok(Depth { messages: declared.message_count(), consumers: declared.consumer_count() })
    }

    /// # Errors
    /// [`Refusal`]
    pub async fn bind(&mut self, binding: &Binding) -> Step<()> {
        let doing = format!("binding queue '{}' to exchange '{}'", binding.queue, binding.exchange);
        let (queue, exchange, key) = (short(&binding.queue)?, short(&binding.exchange)?, short(&binding.routing_key)?);
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default()))
            .await
    }

    /// # Errors
    /// [`Refusal`]
    pub async fn unbind(&mut self, binding: &Binding) -> Step<()> {
        let doing = format!("unbinding queue '{}' from exchange '{}'", binding.queue, binding.exchange);
        let (queue, exchange, key) = (short(&binding.queue)?, short(&binding.exchange)?, short(&binding.routing_key)?);
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_unbind(queue, exchange, key, FieldTable::default())).await
    }

    /// Deletes a queue unconditionally: quorum queues do not know `if-empty` and `if-unused` (540, measured on 3.10).
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn delete(&mut self, queue: &str) -> Step<()> {
        let doing = format!("deleting queue '{queue}'");
        let name = short(queue)?;
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_delete(name, QueueDeleteOptions::default())).await.map(drop)
    }

    /// Consumes a queue that only this connection has and that is gone with it: what the bindings lead to it from now
    /// on. It holds at most `most` messages, and loses the oldest first.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn watch(&mut self, queue: &str, bindings: &[Binding], most: u32) -> Step<Watch> {
        let (options, arguments) = exclusive(most, []);
        let name = short(queue)?;
        let amqp = self.amqp().await?;
        let declaring = amqp.queue_declare(name.clone(), options, arguments);
        self.step(&format!("declaring queue '{queue}'"), declaring).await?;
        for binding in bindings {
            self.bind(binding).await?;
        }
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let consuming = amqp.basic_consume(name, ShortString::default(), options, FieldTable::default());
        Ok(Watch(self.step(&format!("consuming queue '{queue}'"), consuming).await?))
    }

    async fn amqp(&mut self) -> Step<Channel> {
        if let Some(amqp) = self.amqp.as_ref().filter(|amqp| amqp.status().connected()) {
            return Ok(amqp.clone());
        }
        let amqp = self.step("opening an AMQP channel", self.connection.create_channel()).await?;
        self.amqp = Some(amqp.clone());
        Ok(amqp)
    }

    async fn step<T>(&self, doing: &str, step: impl Future<Output = lapin::Result<T>>) -> Step<T> {
        match tokio::time::timeout(STEP_TIMEOUT, step).await {
            Ok(answer) => answer.map_err(|error| Refusal::of(self.broker, doing, &error)),
            Err(_) => Err(Refusal::silent(self.broker, doing)),
        }
    }
}

impl Watch {
    /// The body of the next message. None when the queue or the connection is gone.
    pub async fn next(&mut self) -> Option<Bytes> {
        let delivery = self.0.next().await?.ok()?;
        Some(Bytes::from(delivery.data))
    }
}

fn short(name: &str) -> Step<ShortString> {
    ShortString::try_new(name).map_err(|_| Refusal::TooLong(name.to_owned()))
}
