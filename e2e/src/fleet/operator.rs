//! What an operator does: looks at queues, takes dead letters, moves messages.

use std::collections::BTreeMap;

use lapin::BasicProperties;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};

use super::{TestFleet, until};

/// One message of the dead-letter queue, as the RabbitMQ UI shows it.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub message_id: Option<String>,
    pub reason: String,
    pub error: String,
    pub headers: BTreeMap<String, Value>,
    pub body: Vec<u8>,
}

impl DeadLetter {
    pub fn of(properties: &BasicProperties, body: Vec<u8>) -> Self {
        let headers = plain(properties.headers().clone().unwrap_or_default());
        let text = |name: &str| headers.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            message_id: properties.message_id().as_ref().map(ToString::to_string),
            reason: text("notify-dead-reason"),
            error: text("notify-dead-error"),
            headers,
            body,
        }
    }
}

impl TestFleet {
    /// Takes `count` messages out of the dead-letter queue, as soon as they are there.
    pub async fn take_dead_letters(&self, count: usize) -> Vec<DeadLetter> {
        let mut letters = Vec::new();
        while letters.len() < count {
            let what = format!("{count} dead letters, {} so far", letters.len());
            letters.push(until(&what, async || self.take_dead_letter().await).await);
        }
        letters
    }

    pub async fn take_dead_letter(&self) -> Option<DeadLetter> {
        let got =
            self.amqp.basic_get("notifications.queue.dlq".into(), BasicGetOptions::default()).await.expect("get")?;
        got.delivery.acker.ack(BasicAckOptions::default()).await.expect("ack");
        Some(DeadLetter::of(&got.delivery.properties, got.delivery.data))
    }

    /// How many messages a queue has, ready and unacknowledged.
    pub async fn depth(&self, queue: &str) -> u64 {
        let found = self.manage(reqwest::Method::GET, &format!("queues/{}/{queue}", self.vhost), None).await;
        found["messages"].as_u64().unwrap_or(0)
    }

    /// Does what the button "Move messages" of the RabbitMQ UI asks for.
    pub async fn move_messages(&self, from: &str, to: &str) {
        let uri = format!("amqp:///{}", self.vhost);
        let shovel = json!({
            "component": "shovel", "vhost": self.vhost, "name": "Move messages",
            "value": {
                "src-uri": uri, "src-queue": from, "src-protocol": "amqp091", "src-prefetch-count": 1000,
                "src-delete-after": "queue-length", "dest-protocol": "amqp091", "dest-uri": uri,
                "dest-add-forward-headers": false, "ack-mode": "on-confirm", "dest-queue": to, "src-consumer-args": {},
            },
        });
        let path = format!("parameters/shovel/{}/Move%20messages", self.vhost);
        self.manage(reqwest::Method::PUT, &path, Some(shovel)).await;
    }

    pub async fn manage(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        self.services.manage(method, path, body).await.expect("the management API")
    }
}

fn plain(table: FieldTable) -> BTreeMap<String, Value> {
    let value = |value: &AMQPValue| match value {
        AMQPValue::LongString(text) => Value::String(text.to_string()),
        AMQPValue::ShortString(text) => Value::String(text.to_string()),
        AMQPValue::LongInt(number) => json!(number),
        AMQPValue::LongLongInt(number) => json!(number),
        AMQPValue::LongUInt(number) => json!(number),
        AMQPValue::Boolean(truth) => json!(truth),
        other => Value::String(format!("{other:?}")),
    };
    table.inner().iter().map(|(name, found)| (name.to_string(), value(found))).collect()
}
