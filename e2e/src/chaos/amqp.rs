//! A publisher of the run's own, which has nothing in common with the one under test: one message in flight
//! per AMQP channel, so that every confirm and every return is its own message's.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::reconcile::Told;
use super::reconcile::talk::Saying;
use crate::fleet::DeadLetter;

pub(super) const STEP: Duration = Duration::from_secs(5);
const EXCHANGE: &str = "notifications.exchange";
const EVENTS: &str = "notifications.events";
/// The queue of a subscriber that must not miss anything.
pub(super) const SUBSCRIBER: &str = "books.events";

/// What the broker said to a publish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PublishOutcome {
    Confirmed,
    /// The message was returned, refused or never sent, so it is nowhere.
    NotTaken,
    /// The broker may or may not have taken the message.
    Unknown,
}

pub(super) struct Amqp {
    url: String,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl Amqp {
    pub(super) fn new(url: String) -> Self {
        Self { url, connection: Mutex::new(None) }
    }

    async fn connection(&self) -> Result<Arc<Connection>> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = kept.as_ref().filter(|connection| connection.status().connected()) {
            return Ok(Arc::clone(connection));
        }
        let connecting = Connection::connect(&self.url, ConnectionProperties::default());
        let connection = Arc::new(timeout(STEP, connecting).await??);
        *kept = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// A channel of its own: what it has taken out of a queue and not acknowledged is back when it is closed.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn channel(&self) -> Result<lapin::Channel> {
        let connection = self.connection().await?;
        Ok(timeout(STEP, connection.create_channel()).await??)
    }

    /// Publishes to the fleet's exchange, persistent and mandatory.
    pub(super) async fn publish(&self, key: &str, body: &str, id: Option<&str>) -> PublishOutcome {
        self.publish_with(key, body.as_bytes(), id, None).await
    }

    /// Publishes as [`Self::publish`] does, with headers.
    pub(super) async fn publish_with(
        &self,
        key: &str,
        body: &[u8],
        id: Option<&str>,
        headers: Option<FieldTable>,
    ) -> PublishOutcome {
        let Ok(channel) = self.channel().await else { return PublishOutcome::NotTaken };
        let confirms = timeout(STEP, channel.confirm_select(ConfirmSelectOptions::default())).await;
        if !matches!(confirms, Ok(Ok(()))) {
            return PublishOutcome::NotTaken;
        }
        let properties = BasicProperties::default().with_delivery_mode(2).with_content_type("application/json".into());
        let properties = match id {
            Some(id) => properties.with_message_id(id.into()),
            None => properties,
        };
        let properties = match headers {
            Some(headers) => properties.with_headers(headers),
            None => properties,
        };
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let publishing = async {
            let sent = channel.basic_publish(EXCHANGE.into(), key.into(), options, body, properties).await;
            sent?.await
        };
        let outcome = match timeout(STEP, publishing).await {
            Ok(Ok(confirmation)) => {
                let taken = !confirmation.is_nack() && confirmation.take_message().is_none();
                if taken { PublishOutcome::Confirmed } else { PublishOutcome::NotTaken }
            }
            Ok(Err(_)) | Err(_) => PublishOutcome::Unknown,
        };
        let _ = timeout(STEP, channel.close(200, "done".into())).await;
        outcome
    }

    /// Counts the messages that wait in a queue; those in hand are not counted. None while the queue is not there.
    pub(super) async fn ready(&self, queue: &str) -> Option<u32> {
        let channel = self.channel().await.ok()?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared = timeout(STEP, channel.queue_declare(queue.into(), options, FieldTable::default())).await;
        let count = declared.ok()?.ok()?.message_count();
        let _ = timeout(STEP, channel.close(200, "done".into())).await;
        Some(count)
    }

    /// Makes the queue of a subscriber, which gets every event from now on.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn subscribe(&self) -> Result<()> {
        let channel = self.channel().await?;
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        timeout(STEP, channel.queue_declare(SUBSCRIBER.into(), options, arguments)).await??;
        let (bound, none) = (QueueBindOptions::default(), FieldTable::default());
        timeout(STEP, channel.queue_bind(SUBSCRIBER.into(), EVENTS.into(), "#".into(), bound, none)).await??;
        let _ = timeout(STEP, channel.close(200, "done".into())).await;
        Ok(())
    }

    /// Every event that was told, in the order in which the subscriber has them: those of deliveries, and those of
    /// questions and commands.
    ///
    /// # Errors
    /// The broker's, and an event that cannot be read.
    pub(super) async fn take_events(&self) -> Result<(Vec<Told>, Vec<Saying>)> {
        let channel = self.channel().await?;
        let (mut told, mut said, options) = (Vec::new(), Vec::new(), BasicGetOptions { no_ack: true });
        while let Some(got) = timeout(STEP, channel.basic_get(SUBSCRIBER.into(), options)).await?? {
            match Saying::read(&got.delivery.data)? {
                Some(saying) => said.push(saying),
                None => told.push(Told::read(&got.delivery.data)?),
            }
        }
        let _ = timeout(STEP, channel.close(200, "done".into())).await;
        Ok((told, said))
    }

    /// Reads a queue out to its end.
    ///
    /// # Errors
    /// The broker's.
    pub(super) async fn take_all(&self, queue: &str) -> Result<Vec<DeadLetter>> {
        let channel = self.channel().await?;
        let mut letters = Vec::new();
        while let Some(got) = timeout(STEP, channel.basic_get(queue.into(), BasicGetOptions::default())).await?? {
            got.delivery.acker.ack(BasicAckOptions::default()).await?;
            letters.push(DeadLetter::of(&got.delivery.properties, got.delivery.data));
        }
        let _ = timeout(STEP, channel.close(200, "done".into())).await;
        Ok(letters)
    }
}
