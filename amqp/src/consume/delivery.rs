//! One message as it was delivered.

use bytes::Bytes;
use lapin::BasicProperties;

use crate::{Settle, value};

/// One message, with what the broker says of how it came.
#[derive(Debug)]
pub struct Delivery {
    pub properties: BasicProperties,
    pub body: Bytes,
    pub redelivered: bool,
    pub settle: Settle,
}

/// How often the broker has handed this message out before; 0 when it does not count (classic queues). The first time
/// it adds nothing: what the header says then, its publisher has written.
pub fn delivery_count(properties: &BasicProperties, redelivered: bool) -> u32 {
    if !redelivered {
        return 0;
    }
    let counted = properties.headers().as_ref().and_then(|table| table.inner().get("x-delivery-count"));
    counted.and_then(value::count).unwrap_or(0)
}
