//! Raw confirmed publishing: rounds of persistent messages on several AMQP channels of one connection. It also fills
//! the queues before a measurement.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Connection};

use crate::message;

/// How many messages are under way at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Depth {
    pub(crate) channels: usize,
    pub(crate) round: u64,
}

impl Depth {
    /// The number that was the best on two cores with a quorum queue: fewer leave the broker idle between rounds, more
    /// gain nothing.
    pub(crate) const FULL: Self = Self { channels: 4, round: 256 };
}

/// What to publish, and where to.
pub(crate) struct Publishing {
    pub(crate) exchange: &'static str,
    pub(crate) key: &'static str,
    pub(crate) body: Box<dyn Fn(u64) -> String + Send + Sync>,
}

/// How many were confirmed, and in what time.
pub(crate) struct Published {
    pub(crate) messages: u64,
    pub(crate) took: Duration,
}

impl Published {
    pub(crate) fn per_second(&self) -> f64 {
        self.messages as f64 / self.took.as_secs_f64()
    }
}

impl Publishing {
    /// Publishes these numbers as fast as it goes, and awaits every confirm.
    pub(crate) async fn run(self, connection: &Connection, numbers: Range<u64>) -> Result<Published> {
        self.run_at(Depth::FULL, connection, numbers, None).await
    }

    /// Publishes these numbers, or as many of them as fit into `limit`, and awaits every confirm.
    pub(crate) async fn run_at(
        self,
        Depth { channels, round }: Depth,
        connection: &Connection,
        numbers: Range<u64>,
        limit: Option<Duration>,
    ) -> Result<Published> {
        let channels = try_join_all((0..channels).map(|_| confirming(connection))).await?;
        let (what, next) = (Arc::new(self), Arc::new(AtomicU64::new(numbers.start)));
        let begun = Instant::now();
        let tasks = channels.into_iter().map(|channel| {
            let (what, next, end) = (Arc::clone(&what), Arc::clone(&next), numbers.end);
            tokio::spawn(async move {
                let mut messages = 0;
                while limit.is_none_or(|limit| begun.elapsed() < limit) {
                    let from = next.fetch_add(round, Ordering::Relaxed).min(end);
                    let numbers = from..(from + round).min(end);
                    if numbers.is_empty() {
                        break;
                    }
                    messages += numbers.end - numbers.start;
                    what.round(&channel, numbers).await?;
                }
                channel.close(200, "done".into()).await?;
                Ok::<_, anyhow::Error>((messages, begun.elapsed()))
            })
        });
        let mut all = Published { messages: 0, took: Duration::ZERO };
        for ended in try_join_all(tasks).await? {
            let (messages, took) = ended?;
            all = Published { messages: all.messages + messages, took: all.took.max(took) };
        }
        Ok(all)
    }

    /// Publishes these numbers at once, and awaits every confirm.
    pub(crate) async fn round(&self, channel: &Channel, numbers: Range<u64>) -> Result<()> {
        let mut confirms = Vec::new();
        for number in numbers {
            confirms.push(self.one(channel, number).await?);
        }
        for confirm in try_join_all(confirms).await? {
            ensure!(confirm.is_ack() && confirm.take_message().is_none(), "the broker refused a message");
        }
        Ok(())
    }

    /// Publishes one message; what it returns is the confirm to await.
    pub(crate) async fn one(&self, channel: &Channel, number: u64) -> lapin::Result<lapin::PublisherConfirm> {
        let properties = BasicProperties::default()
            .with_message_id(message::id(number).into())
            .with_content_type("application/json".into())
            .with_delivery_mode(2);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let body = (self.body)(number);
        channel.basic_publish(self.exchange.into(), self.key.into(), options, body.as_bytes(), properties).await
    }
}

pub(crate) async fn confirming(connection: &Connection) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}
