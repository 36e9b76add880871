//! A short-lived connection for looking at the topology and changing it, one step at a time.

use std::future::Future;
use std::time::Duration;

use lapin::options::{
    BasicAckOptions, BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ExchangeKind};

use crate::error::Refusal;
use crate::{Argument, Binding, Broker, Depth, Exchange, Kind, Queue, TopologyError};

/// For one answer of the broker.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// For the last one, which nobody needs.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Every refusal closes the AMQP channel it happened on; the next step opens another.
pub(crate) struct Session<'a> {
    broker: &'a Broker,
    connection: Connection,
    amqp: Option<Channel>,
}

/// Ask whether it exists, or for it to be exactly as the plan says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Exists,
    Equal,
}

type Step<T> = Result<T, Refusal>;

impl<'a> Session<'a> {
    pub(crate) async fn open(broker: &'a Broker) -> Result<Self, TopologyError> {
        Ok(Self { broker, connection: broker.connect("topology").await?, amqp: None })
    }

    pub(crate) async fn close(self) {
        let closing = self.connection.close(200, "done".into());
        if tokio::time::timeout(CLOSE_TIMEOUT, closing).await.is_err() {
            tracing::debug!("the broker did not answer the close of a connection");
        }
    }

    pub(crate) async fn exchange(&mut self, exchange: &Exchange, ask: Ask) -> Step<()> {
        let doing = format!("declaring exchange '{}'", exchange.name);
        let kind = match exchange.kind {
            Kind::Direct => ExchangeKind::Direct,
            Kind::Fanout => ExchangeKind::Fanout,
            Kind::Topic => ExchangeKind::Topic,
        };
        let options =
            ExchangeDeclareOptions { durable: true, passive: ask == Ask::Exists, ..ExchangeDeclareOptions::default() };
        let name = self.short(&exchange.name)?;
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.exchange_declare(name, kind, options, FieldTable::default())).await
    }

    pub(crate) async fn queue(&mut self, queue: &Queue, ask: Ask) -> Step<Depth> {
        self.declare(&queue.name, table_of(queue), ask).await
    }

    pub(crate) async fn depth(&mut self, queue: &str) -> Step<Depth> {
        self.declare(queue, FieldTable::default(), Ask::Exists).await
    }

    async fn declare(&mut self, queue: &str, arguments: FieldTable, ask: Ask) -> Step<Depth> {
        let doing = format!("declaring queue '{queue}'");
        let options =
            QueueDeclareOptions { durable: true, passive: ask == Ask::Exists, ..QueueDeclareOptions::default() };
        let name = self.short(queue)?;
        let amqp = self.amqp().await?;
        let declared = self.step(&doing, amqp.queue_declare(name, options, arguments)).await?;
        Ok(Depth { messages: declared.message_count(), consumers: declared.consumer_count() })
    }

    pub(crate) async fn bind(&mut self, binding: &Binding) -> Step<()> {
        let doing = format!("binding queue '{}' to exchange '{}'", binding.queue, binding.exchange);
        let (queue, exchange, key) =
            (self.short(&binding.queue)?, self.short(&binding.exchange)?, self.short(&binding.routing_key)?);
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default()))
            .await
    }

    pub(crate) async fn unbind(&mut self, binding: &Binding) -> Step<()> {
        let doing = format!("unbinding queue '{}' from exchange '{}'", binding.queue, binding.exchange);
        let (queue, exchange, key) =
            (self.short(&binding.queue)?, self.short(&binding.exchange)?, self.short(&binding.routing_key)?);
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_unbind(queue, exchange, key, FieldTable::default())).await
    }

    /// Unconditionally: quorum queues do not know `if-empty` and `if-unused` (540, measured on 3.10).
    pub(crate) async fn delete(&mut self, queue: &str) -> Step<()> {
        let doing = format!("deleting queue '{queue}'");
        let name = self.short(queue)?;
        let amqp = self.amqp().await?;
        self.step(&doing, amqp.queue_delete(name, QueueDeleteOptions::default())).await.map(drop)
    }

    /// Takes one message and acknowledges it.
    pub(crate) async fn get(&mut self, queue: &str) -> Step<Option<lapin::message::Delivery>> {
        let doing = format!("getting from queue '{queue}'");
        let name = self.short(queue)?;
        let amqp = self.amqp().await?;
        let Some(message) = self.step(&doing, amqp.basic_get(name, BasicGetOptions::default())).await? else {
            return Ok(None);
        };
        self.step(&doing, message.acker.ack(BasicAckOptions::default())).await?;
        Ok(Some(message.delivery))
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
            Err(_) => Err(Refusal::Other(TopologyError::silent(self.broker, doing))),
        }
    }

    fn short(&self, name: &str) -> Step<ShortString> {
        ShortString::try_new(name).map_err(|_| {
            Refusal::Other(TopologyError::Broker(format!(
                "{}: the name '{name}' is longer than 255 bytes: shorten AMQP_EXCHANGE, AMQP_QUEUE or AMQP_ROUTING_KEY",
                self.broker.address()
            )))
        })
    }
}

fn table_of(queue: &Queue) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in &queue.arguments {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert(name.as_str().into(), value);
    }
    table
}
