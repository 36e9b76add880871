//! Writes the notification that tells one endpoint of one event.

use bytes::Bytes;
use domain::{Defaults, Headers, Key, MAX_BODY_BYTES, Notification, Priority, Timestamp, WebhookKeys, webhook_id};
use serde_json::{Map, Value, json};
use store::Endpoint;
use topology::{Publication, PublisherProperties, To};

use crate::event::Event;

/// Who has published it, as its row shows.
const PUBLISHER: &str = "dialog";
/// What waits behind everything that is for people.
const PRIORITY: &str = "low";
/// A body names its channel.
const DEFAULTS: Defaults = Defaults { channel: None };

/// The delivery that tells the endpoint of the event. One with the details of its message is another than one without:
/// the same id with another body would be a conflict.
pub(crate) fn delivery_of(event: &Event, endpoint: &Endpoint, has_details: bool) -> Key {
    let Key { tenant, id } = &endpoint.key;
    let of = if has_details { format!("{}/details", event.key.id) } else { event.key.id.clone() };
    let of = Key { tenant: event.key.tenant.clone(), id: of };
    Key { tenant: tenant.clone(), id: webhook_id(&of, id, endpoint.generation) }
}

/// The message of the delivery, always the same for the same event and endpoint. None where it would be larger than a
/// message may be, even without what the publisher has noted.
pub(crate) fn publication(
    event: &Event,
    endpoint: &Endpoint,
    keys: &WebhookKeys,
    now: Timestamp,
) -> Option<Publication> {
    let Endpoint { key: Key { tenant, id }, url, generation, previous_until, .. } = endpoint;
    let delivery = delivery_of(event, endpoint, event.has_details());
    let address = keys.address(&delivery, id, *generation, *previous_until, url);
    let noted = json!({ "endpoint": id, "mark": keys.mark(&delivery, id) });
    let written = |data: Map<String, Value>| {
        json!({
            "id": delivery.id, "tenant": tenant.as_str(), "channel": "webhook", "destination": address,
            "message": "", "data": data, "metadata": noted, "priority": PRIORITY,
        })
    };
    let whole = readable(written(event.whole.clone()));
    let body = whole.or_else(|| readable(written(event.without_metadata())))?;
    let lane = Priority::Low.lane();
    Some(Publication {
        to: To::Lane(lane),
        message_id: delivery.id,
        body,
        headers: Headers { lane: Some(lane), publisher: Some(PUBLISHER.to_owned()), ..Headers::default() },
        publisher_properties: PublisherProperties::default().with_content_type("application/json").with_timestamp(now),
    })
}

/// The body, where a worker would read it.
fn readable(body: Value) -> Option<Bytes> {
    let body = body.to_string();
    let is_read = body.len() <= MAX_BODY_BYTES && Notification::decode(body.as_bytes(), &DEFAULTS).is_ok();
    is_read.then(|| Bytes::from(body))
}
