//! Writes our headers as AMQP properties, anew on every publish.

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable, ShortString};
use amqp::value::{entry_len, table_len};
use domain::{DeadMark, Headers, Timestamp, printable};

use super::{MAX_ERROR_BYTES, MAX_SHORT_BYTES, MAX_TABLE_BYTES, PublisherProperties, cut, name};

const PERSISTENT: u8 = 2;

/// The properties of a publish: persistent, with our headers and the publisher's own. A header table over 64 KiB loses
/// the publisher's largest headers rather than the message. A `message_id` over 255 bytes (none of ours is) is left
/// out.
pub fn properties(message_id: &str, headers: &Headers, publisher_properties: &PublisherProperties) -> BasicProperties {
    let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    if let Ok(id) = ShortString::try_new(message_id) {
        properties = properties.with_message_id(id);
    }
    let keep =
        |properties: BasicProperties, value: &Option<ShortString>, with: fn(BasicProperties, ShortString) -> _| {
            match value {
                Some(value) => with(properties, value.clone()),
                None => properties,
            }
        };
    properties = keep(properties, &publisher_properties.content_type, BasicProperties::with_content_type);
    properties = keep(properties, &publisher_properties.content_encoding, BasicProperties::with_content_encoding);
    properties = keep(properties, &publisher_properties.correlation_id, BasicProperties::with_correlation_id);
    properties = keep(properties, &publisher_properties.reply_to, BasicProperties::with_reply_to);
    properties = keep(properties, &publisher_properties.kind, BasicProperties::with_type);
    properties = keep(properties, &publisher_properties.app_id, BasicProperties::with_app_id);
    if let Some(timestamp) = publisher_properties.timestamp {
        properties = properties.with_timestamp(timestamp);
    }
    let mut own = ours(headers);
    put(&mut own, name::TENANT, publisher_properties.tenant.as_ref().map(|tenant| text(tenant.as_str())));
    let table = with_foreign(own, &publisher_properties.foreign);
    if table.inner().is_empty() { properties } else { properties.with_headers(table) }
}

fn ours(headers: &Headers) -> FieldTable {
    let mut table = FieldTable::default();
    let counts = [(name::ATTEMPT, headers.attempt), (name::EPOCH, headers.epoch), (name::SEQ, headers.seq)];
    for (name, value) in counts {
        put(&mut table, name, value.map(count));
    }
    put(&mut table, name::LANE, headers.lane.map(|lane| text(lane.as_str())));
    put(&mut table, name::DUE, headers.due.map(instant));
    put(&mut table, name::RELEASED, headers.released.then_some(AMQPValue::Boolean(true)));
    put(&mut table, name::AGAIN, headers.again.then_some(AMQPValue::Boolean(true)));
    put(&mut table, name::PARENT, headers.parent.as_deref().map(|id| text(cut(id, MAX_SHORT_BYTES))));
    put(&mut table, name::PUBLISHER, headers.publisher.as_deref().map(|id| text(cut(id, MAX_SHORT_BYTES))));
    if let Some(DeadMark { reason, error, attempts, at }) = &headers.dead {
        put(&mut table, name::DEAD_REASON, Some(text(cut(reason, MAX_SHORT_BYTES))));
        // The error is read on terminals and in the RabbitMQ UI.
        put(&mut table, name::DEAD_ERROR, Some(text(cut(&printable(error), MAX_ERROR_BYTES))));
        put(&mut table, name::DEAD_ATTEMPTS, Some(count(*attempts)));
        put(&mut table, name::DEAD_AT, Some(instant(*at)));
    }
    table
}

/// Adds the publisher's headers, the smallest first, as long as they fit.
fn with_foreign(mut table: FieldTable, foreign: &FieldTable) -> FieldTable {
    let mut room = MAX_TABLE_BYTES.saturating_sub(table_len(&table));
    let mut entries: Vec<_> =
        foreign.inner().iter().map(|(name, value)| (entry_len(name.as_str(), value), name, value)).collect();
    entries.sort_by_key(|(len, ..)| *len);
    for (len, name, value) in entries {
        let Some(left) = room.checked_sub(len) else { break };
        room = left;
        table.insert(name.clone(), value.clone());
    }
    table
}

fn put(table: &mut FieldTable, name: &'static str, value: Option<AMQPValue>) {
    if let Some(value) = value {
        table.insert(name.into(), value);
    }
}

fn count(number: u32) -> AMQPValue {
    AMQPValue::LongLongInt(number.into())
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn instant(at: Timestamp) -> AMQPValue {
    text(&at.to_string())
}
