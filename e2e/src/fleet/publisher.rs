//! What a publisher does: to the normal lane or anywhere, one by one or many at once.

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use serde_json::Value;

use super::TestFleet;

impl TestFleet {
    /// Publishes to the normal lane, mandatory and persistent, and waits for the confirm.
    pub async fn publish(&self, body: impl AsRef<[u8]>, properties: BasicProperties) {
        self.publish_to("notifications.exchange", "notifications.key", body, properties).await;
    }

    pub async fn publish_to(&self, exchange: &str, key: &str, body: impl AsRef<[u8]>, properties: BasicProperties) {
        assert!(self.is_routed(exchange, key, body, properties).await, "unroutable: {exchange} {key}");
    }

    /// Publishes as [`Self::publish_to`] does, and says whether a queue was bound for it.
    pub async fn is_routed(
        &self,
        exchange: &str,
        key: &str,
        body: impl AsRef<[u8]>,
        properties: BasicProperties,
    ) -> bool {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirm = self
            .amqp
            .basic_publish(exchange.into(), key.into(), options, body.as_ref(), properties.with_delivery_mode(2))
            .await
            .expect("published")
            .await
            .expect("confirmed");
        confirm.take_message().is_none()
    }

    /// Publishes many as [`Self::publish`] does, without waiting for one before the next.
    pub async fn publish_all(&self, messages: Vec<(Vec<u8>, BasicProperties)>) {
        let mut confirms = Vec::with_capacity(messages.len());
        for (body, properties) in messages {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let (exchange, key) = ("notifications.exchange".into(), "notifications.key".into());
            let properties = properties.with_delivery_mode(2);
            confirms.push(self.amqp.basic_publish(exchange, key, options, &body, properties).await.expect("published"));
        }
        for confirm in confirms {
            assert!(confirm.await.expect("confirmed").take_message().is_none(), "unroutable");
        }
    }

    /// Publishes a JSON body under an id.
    pub async fn notify(&self, id: &str, body: &Value) {
        self.publish(body.to_string(), BasicProperties::default().with_message_id(id.into())).await;
    }
}
