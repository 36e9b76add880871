//! Walks through a queue to its end, a window of messages at a time, without removing any: what is not acknowledged
//! stays with the walk until it closes, and is in the queue again then.
//!
//! A message that is given back at once would be the next one that comes, so nothing behind the first window would ever
//! be seen. The broker keeps for the walk what it has seen; this process keeps one window. Each window has an AMQP
//! channel of its own, and they close in order: a quorum queue takes back what one channel had in the order in which it
//! was.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Acker, BasicProperties, Channel, Connection, Consumer};

use crate::{Broker, ConnectError, Refusal};

/// The time limit for one answer of the broker.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a window waits for the next message that the queue says is ready: somebody else may have taken it.
const IDLE: Duration = Duration::from_secs(1);
/// The first window, before it is known how large the messages are.
const FIRST_WINDOW: u16 = 50;
/// Each window costs half a dozen answers of the broker, and whoever works on it as many of its own.
const LARGEST_WINDOW: u16 = 1_000;
const SMALLEST_WINDOW: u16 = 4;
/// How many bytes of bodies the next window is meant to have at most, going by the one before.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// The most windows of a walk: AMQP channels of one connection, of which the broker allows 2047 by default.
const MAX_WINDOWS: usize = 1_500;
/// How often a queue may say that it has messages, and hand out none.
const MAX_EMPTY: u32 = 3;

/// A walk through one queue, over a connection of its own.
pub struct Walk<'a> {
    broker: &'a Broker,
    connection: Connection,
    queue: ShortString,
    windows: Vec<Channel>,
    size: u16,
}

/// One message that the walk has met.
#[derive(Debug)]
pub struct Met {
    pub properties: BasicProperties,
    pub body: Bytes,
    pub held: Held,
}

/// The hold of a walk on one message. Dropped, the message stays in the queue.
#[derive(Debug)]
pub struct Held(Acker);

impl Held {
    /// Removes the message from the queue: false when the walk does not have it any more. The broker may still lose the
    /// acknowledgement until [`Walk::settled`] says otherwise.
    pub async fn acknowledge(self) -> bool {
        self.0.ack(BasicAckOptions::default()).await.unwrap_or(false)
    }
}

type Step<T> = Result<T, Refusal>;

impl<'a> Walk<'a> {
    /// # Errors
    /// [`ConnectError`], as [`Broker::connect`].
    pub async fn open(broker: &'a Broker, queue: &str) -> Result<Self, ConnectError> {
        let connection = broker.connect("walk").await?;
        let queue = ShortString::try_new(queue).unwrap_or_default();
        Ok(Self { broker, connection, queue, windows: Vec::new(), size: FIRST_WINDOW })
    }

    /// The next messages; none when the end of the queue is reached, where what came last is. What others have
    /// unacknowledged at the time is not met.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn next(&mut self) -> Step<Vec<Met>> {
        for _ in 0..MAX_EMPTY {
            let amqp = self.channel().await?;
            let ready = self.ready(&amqp).await?;
            if ready == 0 {
                return Ok(Vec::new());
            }
            let expected = usize::from(self.size).min(usize::try_from(ready).unwrap_or(usize::MAX));
            let met = self.window(&amqp, expected).await?;
            if !met.is_empty() {
                self.resize(&met);
                return Ok(met);
            }
        }
        Err(self.failed("it says that it has messages, and hands out none: does somebody else consume it?"))
    }

    /// Whether the broker has every acknowledgement of the last window: it works through an AMQP channel in order.
    ///
    /// # Errors
    /// [`Refusal`]: some messages may come again.
    pub async fn settled(&self) -> Step<()> {
        match self.windows.last() {
            Some(amqp) => self.ready(amqp).await.map(drop),
            None => Ok(()),
        }
    }

    /// Lets go of everything that was not acknowledged, in order.
    pub async fn close(self) {
        for amqp in &self.windows {
            if tokio::time::timeout(STEP_TIMEOUT, amqp.close(200, "done".into())).await.is_err() {
                tracing::debug!("the broker did not answer the close of a window");
                break;
            }
        }
        if tokio::time::timeout(STEP_TIMEOUT, self.connection.close(200, "done".into())).await.is_err() {
            tracing::debug!("the broker did not answer the close of a walk");
        }
    }

    async fn channel(&mut self) -> Step<Channel> {
        if self.windows.len() == MAX_WINDOWS {
            return Err(self.failed("it has more messages than one walk can hold"));
        }
        let amqp = self.step("opening an AMQP channel", self.connection.create_channel()).await?;
        self.windows.push(amqp.clone());
        Ok(amqp)
    }

    async fn ready(&self, amqp: &Channel) -> Step<u32> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = amqp.queue_declare(self.queue.clone(), passive, FieldTable::default());
        Ok(self.step("asking for the queue", asked).await?.message_count())
    }

    /// Consumes until the window is full, or nothing comes any more. After the cancel the channel keeps what it has.
    async fn window(&self, amqp: &Channel, expected: usize) -> Step<Vec<Met>> {
        self.step("limiting the window", amqp.basic_qos(self.size, BasicQosOptions { global: false })).await?;
        let (tag, options) = (ShortString::from("walk"), BasicConsumeOptions::default());
        let consuming = amqp.basic_consume(self.queue.clone(), tag, options, FieldTable::default());
        let mut consumer: Consumer = self.step("consuming", consuming).await?;
        let mut met = Vec::with_capacity(expected);
        while met.len() < expected {
            match tokio::time::timeout(IDLE, consumer.next()).await {
                Ok(Some(delivery)) => met.push(self.met(delivery)?),
                Ok(None) => return Err(self.failed("the broker cancelled the consumer")),
                Err(_) => break,
            }
        }
        self.step("cancelling", amqp.basic_cancel(consumer.tag(), BasicCancelOptions::default())).await?;
        while let Some(delivery) = consumer.next().await {
            met.push(self.met(delivery)?);
        }
        Ok(met)
    }

    fn met(&self, delivery: lapin::Result<Delivery>) -> Step<Met> {
        let Delivery { properties, data, acker, .. } =
            delivery.map_err(|error| Refusal::of(self.broker, &self.doing("consuming"), &error))?;
        Ok(Met { properties, body: Bytes::from(data), held: Held(acker) })
    }

    /// The next window has twice as many messages, or as many as are likely to fit.
    fn resize(&mut self, met: &[Met]) {
        let bytes: usize = met.iter().map(|one| one.body.len()).sum();
        let average = (bytes / met.len().max(1)).max(1);
        let fitting = u16::try_from(WINDOW_BYTES / average).unwrap_or(u16::MAX);
        self.size = self.size.saturating_mul(2).min(fitting).clamp(SMALLEST_WINDOW, LARGEST_WINDOW);
    }

    fn doing(&self, what: &str) -> String {
        format!("walking through queue '{}': {what}", self.queue.as_str())
    }

    fn failed(&self, why: &str) -> Refusal {
        Refusal::Failed(format!("{}: {}", self.broker.address(), self.doing(why)))
    }

    async fn step<T>(&self, what: &str, step: impl Future<Output = lapin::Result<T>>) -> Step<T> {
        match tokio::time::timeout(STEP_TIMEOUT, step).await {
            Ok(answer) => answer.map_err(|error| Refusal::of(self.broker, &self.doing(what), &error)),
            Err(_) => Err(Refusal::silent(self.broker, &self.doing(what))),
        }
    }
}
