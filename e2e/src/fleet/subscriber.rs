//! What a subscriber does: has a queue of its own, bound to the events, and reads it.

use lapin::BasicProperties;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use serde_json::Value;

use super::{TestFleet, until};

/// One event as it was received.
#[derive(Clone, Debug)]
pub struct Event {
    pub routing_key: String,
    pub properties: BasicProperties,
    /// As text, for what must not be in it.
    pub text: String,
    pub json: Value,
}

impl Event {
    /// The event's own id.
    pub fn id(&self) -> &str {
        self.json["id"].as_str().unwrap_or_default()
    }

    /// What has happened: the last word of its key.
    pub fn name(&self) -> &str {
        self.json["type"].as_str().and_then(|kind| kind.rsplit('.').next()).unwrap_or_default()
    }

    /// The id of its delivery.
    pub fn delivery(&self) -> &str {
        self.json["subject"].as_str().unwrap_or_default()
    }
}

impl TestFleet {
    /// A durable queue, which nothing is bound to.
    pub async fn declare(&self, queue: &str) {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        self.amqp.queue_declare(queue.into(), options, FieldTable::default()).await.expect("declared");
    }

    /// A queue that gets the events with such keys from now on.
    pub async fn subscribe(&self, queue: &str, pattern: &str) {
        self.bind(queue, "notifications.events", pattern).await;
    }

    /// A queue that gets what is published to an exchange with such keys from now on.
    pub async fn bind(&self, queue: &str, exchange: &str, pattern: &str) {
        self.declare(queue).await;
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        self.amqp.queue_bind(queue.into(), exchange.into(), pattern.into(), options, arguments).await.expect("bound");
    }

    /// The next event, if there is one already.
    pub async fn try_event(&self, queue: &str) -> Option<Event> {
        let got = self.amqp.basic_get(queue.into(), BasicGetOptions::default()).await.expect("get")?;
        got.delivery.acker.ack(BasicAckOptions::default()).await.expect("ack");
        let text = String::from_utf8(got.delivery.data.clone()).expect("UTF-8");
        let json = serde_json::from_str(&text).expect("JSON");
        let routing_key = got.delivery.routing_key.to_string();
        Some(Event { routing_key, properties: got.delivery.properties.clone(), text, json })
    }

    pub async fn event(&self, queue: &str) -> Event {
        until(&format!("an event in {queue}"), async || self.try_event(queue).await).await
    }

    /// The events up to the one of this name of this delivery, which is the last of them.
    pub async fn events_until(&self, queue: &str, delivery: &str, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event(queue).await;
            let is_last = event.delivery() == delivery && event.name() == name;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}
