//! One message as it was delivered.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::ShortString;

use crate::{Settle, value};

/// One message, with what the broker says about its delivery.
#[derive(Debug)]
pub struct Delivery {
    /// The exchange that it was published to, and the key with which. A move in the RabbitMQ UI changes both.
    pub exchange: ShortString,
    pub routing_key: ShortString,
    pub properties: BasicProperties,
    pub body: Bytes,
    pub redelivered: bool,
    pub settle: Settle,
}

/// How often the broker has delivered this message before; 0 when the broker does not count (classic queues). On the
/// first delivery the broker adds no header, so one that is there is the publisher's and counts for nothing.
pub fn delivery_count(properties: &BasicProperties, redelivered: bool) -> u32 {
    if !redelivered {
        return 0;
    }
    let counted = properties.headers().as_ref().and_then(|table| table.inner().get("x-delivery-count"));
    counted.and_then(value::count).unwrap_or(0)
}
