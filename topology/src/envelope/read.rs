//! Reads our headers from AMQP properties. A value of a foreign type or range reads as absent.

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable};
use amqp::value::{self, number, text};
use domain::{DeadMark, Headers, Lane, Timestamp};

use super::{MAX_ERROR_BYTES, MAX_SHORT_BYTES, cut, name};
use crate::Names;

/// The reasons in `x-death` for which the broker itself gave a message up. With the reason `expired` a retry queue
/// returns a message.
const BROKER_DEATHS: [&str; 3] = ["rejected", "delivery_limit", "maxlen"];
/// How many entries of `x-death` are read; the broker writes one per queue and reason.
const MAX_DEATHS: usize = 64;

/// Reads our headers as they were received. `names` tells which queues in `x-death` are lanes.
pub(crate) fn read_headers(properties: &BasicProperties, names: &Names) -> Headers {
    let Some(table) = properties.headers() else { return Headers::default() };
    Headers {
        attempt: count(table, name::ATTEMPT),
        epoch: get(table, name::EPOCH).and_then(epoch),
        seq: count(table, name::SEQ),
        lane: get(table, name::LANE).and_then(text).and_then(Lane::parse),
        due: instant(table, name::DUE),
        released: matches!(get(table, name::RELEASED), Some(AMQPValue::Boolean(true))),
        parent: short(table, name::PARENT),
        publisher: short(table, name::PUBLISHER),
        dead: dead_mark(table),
        broker_death: died_in_a_lane(table, names),
        again: get(table, name::AGAIN).is_some_and(is_yes),
    }
}

/// The tenant in `notify-tenant`. A value that is no text reads as empty, which names no tenant.
pub(crate) fn noted_tenant(properties: &BasicProperties) -> Option<&str> {
    let noted = get(properties.headers().as_ref()?, name::TENANT)?;
    Some(text(noted).unwrap_or_default())
}

/// The part of our headers that a publisher may set, and what the broker has added. A publisher may choose the lane and
/// ask for a new budget. The counts, the name of the publisher and the marks of a dead letter are dropped, because only
/// the fleet writes those.
pub(crate) fn of_a_publisher(headers: Headers) -> Headers {
    let Headers { lane, broker_death, again, epoch, .. } = headers;
    Headers { lane, broker_death, again, epoch: epoch.filter(|_| again), ..Headers::default() }
}

/// The AMQP `timestamp`, in seconds. A time beyond the year 9999 reads as absent, and so does 0, which some libraries
/// write for none.
pub(crate) fn sent_at(properties: &BasicProperties) -> Option<Timestamp> {
    const END_OF_9999: u64 = 253_402_300_799;
    let seconds = (*properties.timestamp()).filter(|seconds| (1..=END_OF_9999).contains(seconds))?;
    i64::try_from(seconds).ok().map(Timestamp::from_seconds)
}

fn dead_mark(table: &FieldTable) -> Option<DeadMark> {
    let reason = short(table, name::DEAD_REASON);
    let error = get(table, name::DEAD_ERROR).and_then(text).map(|error| cut(error, MAX_ERROR_BYTES).to_owned());
    let attempts = count(table, name::DEAD_ATTEMPTS);
    let at = instant(table, name::DEAD_AT);
    if reason.is_none() && error.is_none() && attempts.is_none() && at.is_none() {
        return None;
    }
    Some(DeadMark {
        reason: reason.unwrap_or_default(),
        error: error.unwrap_or_default(),
        attempts: attempts.unwrap_or_default(),
        at: at.unwrap_or_default(),
    })
}

fn died_in_a_lane(table: &FieldTable, names: &Names) -> bool {
    let Some(AMQPValue::FieldArray(deaths)) = get(table, "x-death") else { return false };
    deaths.as_slice().iter().take(MAX_DEATHS).any(|death| {
        let AMQPValue::FieldTable(death) = death else { return false };
        let queue = get(death, "queue").and_then(text);
        let reason = get(death, "reason").and_then(text);
        queue.is_some_and(|queue| names.lane_of_queue(queue).is_some())
            && reason.is_some_and(|reason| BROKER_DEATHS.contains(&reason))
    })
}

/// Reads an epoch, the one count that people set (beside `notify-again`), so that it may also be a text of digits.
pub(super) fn epoch(value: &AMQPValue) -> Option<u32> {
    let digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    value::count(value).or_else(|| text(value).filter(digits)?.parse().ok())
}

/// Whether a value says yes. The RabbitMQ UI writes a header as text unless it is told otherwise.
pub(super) fn is_yes(value: &AMQPValue) -> bool {
    matches!(value, AMQPValue::Boolean(true))
        || number(value) == Some(1)
        || text(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn get<'a>(table: &'a FieldTable, name: &str) -> Option<&'a AMQPValue> {
    table.inner().get(name)
}

fn count(table: &FieldTable, name: &str) -> Option<u32> {
    get(table, name).and_then(value::count)
}

fn short(table: &FieldTable, name: &str) -> Option<String> {
    let text = get(table, name).and_then(text)?;
    (!text.is_empty() && text.len() <= MAX_SHORT_BYTES && !text.chars().any(domain::acts)).then(|| text.to_owned())
}

fn instant(table: &FieldTable, name: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(get(table, name).and_then(text)?).ok()
}
