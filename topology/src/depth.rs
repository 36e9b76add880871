//! Looks into queues, for tests and for the command line.

use amqp::types::ShortString;
use amqp::{Broker, Depth, Refusal, Session};
use bytes::Bytes;
use domain::Headers;

use crate::{Names, PublisherProperties, TopologyError, read_headers};

/// A message that was removed from a queue.
#[derive(Clone, PartialEq, Debug)]
pub struct QueuedMessage {
    pub message_id: Option<String>,
    pub body: Bytes,
    pub headers: Headers,
    pub publisher_properties: PublisherProperties,
    /// The exchange and the routing key that the message was last published with.
    pub exchange: String,
    pub routing_key: String,
}

/// `None` when there is no such queue.
///
/// # Errors
/// [`TopologyError`] when the broker cannot be asked.
pub async fn depth(broker: &Broker, queue: &str) -> Result<Option<Depth>, TopologyError> {
    let mut session = Session::open(broker).await?;
    let depth = session.depth(queue).await;
    session.close().await;
    match depth {
        Ok(depth) => Ok(Some(depth)),
        Err(Refusal::Missing) => Ok(None),
        Err(other) => Err(TopologyError::of(other, broker, &format!("looking at queue '{queue}'"))),
    }
}

/// Removes one message for good, by acknowledging it. `None` when the queue is empty.
///
/// # Errors
/// [`TopologyError`] when the broker cannot be asked, or there is no such queue.
pub async fn get(broker: &Broker, names: &Names, queue: &str) -> Result<Option<QueuedMessage>, TopologyError> {
    let mut session = Session::open(broker).await?;
    let message = session.get(queue).await;
    session.close().await;
    let doing = format!("getting from queue '{queue}'");
    let message = message.map_err(|refusal| TopologyError::of(refusal, broker, &doing))?;
    Ok(message.map(|message| QueuedMessage {
        message_id: message.properties.message_id().as_ref().map(ShortString::to_string),
        headers: read_headers(&message.properties, names),
        publisher_properties: PublisherProperties::of(&message.properties),
        exchange: message.exchange,
        routing_key: message.routing_key,
        body: message.body,
    }))
}
