//! Consumes and acknowledges, and does nothing with what it gets.

use std::time::Instant;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

use crate::deployment::BARE;

/// The broker hands out so many messages that the loop never waits for the next one.
const PREFETCH: u16 = 1024;
/// How many are acknowledged with one frame.
const AT_ONCE: u64 = 64;

/// Takes `count` messages out of the baselines' queue, and gives how many a second that were.
pub(crate) async fn drain(amqp_url: &str, count: u64) -> Result<f64> {
    let connection = Connection::connect(amqp_url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let mut deliveries = channel
        .basic_consume(BARE.into(), "bare".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    let begun = Instant::now();
    for nth in 1..=count {
        let delivery = deliveries.next().await.context("the queue was closed")??;
        if nth.is_multiple_of(AT_ONCE) || nth == count {
            channel.basic_ack(delivery.delivery_tag, BasicAckOptions { multiple: true }).await?;
        }
    }
    // The broker has the last of them once the queue has answered.
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(BARE.into(), passive, FieldTable::default()).await?;
    let took = begun.elapsed();
    channel.close(200, "done".into()).await?;
    connection.close(200, "done".into()).await?;
    Ok(count as f64 / took.as_secs_f64())
}
