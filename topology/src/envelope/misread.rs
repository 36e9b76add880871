//! Headers that look like ours and are not read: misspelt ones, and those whose value has a foreign type or range; and
//! properties of AMQP that have no effect, or not the one that they seem to have. Their message is accepted without them, and its publisher is to hear of that. Names are shown, values never.

use std::ops::RangeInclusive;

use amqp::BasicProperties;
use amqp::types::AMQPValue;
use amqp::value::{number, text};
use domain::{Lane, Meant, Timestamp, UnknownField, pointer_step};

use super::name;
use super::read::{epoch, is_yes, sent_at};

/// Every header of ours.
const KNOWN: [&str; 14] = [
    name::ATTEMPT,
    name::EPOCH,
    name::SEQ,
    name::LANE,
    name::DUE,
    name::RELEASED,
    name::PARENT,
    name::TENANT,
    name::PUBLISHER,
    name::AGAIN,
    name::DEAD_REASON,
    name::DEAD_ERROR,
    name::DEAD_ATTEMPTS,
    name::DEAD_AT,
];
const PREFIX: &str = "notify";
/// What a publisher may set. Only these are looked for in names that begin otherwise than ours.
const OF_PUBLISHERS: [&str; 3] = [name::AGAIN, name::EPOCH, name::LANE];
/// Lengths that a slip of one of them may have; other names need no closer look.
const SLIP_BYTES: RangeInclusive<usize> = 8..=16;
/// The header by which a plugin of RabbitMQ delays a message. The plugin turns the number of a message that it has
/// delayed into its negative.
const DELAY: &str = "x-delay";
const NOT_DELAYED: &str = "nothing is delayed by it: give send_at, the instant to send at";
const EXPIRATION: &str = "is the broker's, which dead-letters what waits so long: give ttl_seconds or expires_at";
const TIMESTAMP: &str = "must be in seconds since 1970: ttl_seconds counts from when a worker first sees it";
/// How many headers and properties of one message are listed.
const MAX_TOLD: usize = 16;
const NOT_OURS: &str = "names that begin with notify- are the fleet's: give a header of your own another name";

/// The headers that were meant for the fleet, as far as their names show, and that have no effect; then the properties.
pub(crate) fn misread(properties: &BasicProperties) -> Vec<UnknownField> {
    let headers = properties.headers().iter().flat_map(|table| table.inner());
    let headers = headers.filter_map(|(name, value)| {
        let meant = meant(name.as_str(), value)?;
        Some(UnknownField { pointer: format!("header:{}", pointer_step(name.as_str())), meant })
    });
    headers.chain(of_the_properties(properties)).take(MAX_TOLD).collect()
}

fn of_the_properties(properties: &BasicProperties) -> impl Iterator<Item = UnknownField> {
    let expires = properties.expiration().is_some().then_some(("expiration", EXPIRATION));
    let is_dated = properties.timestamp().is_some_and(|at| at != 0);
    let misdated = (is_dated && sent_at(properties).is_none()).then_some(("timestamp", TIMESTAMP));
    let found = expires.into_iter().chain(misdated);
    found.map(|(name, must)| UnknownField { pointer: format!("property:{name}"), meant: Meant::Misread(must) })
}

/// What a header was meant to be. None for a header that is read, and for one that is not meant for the fleet.
fn meant(name: &str, value: &AMQPValue) -> Option<Meant> {
    if KNOWN.contains(&name) {
        return must_be(name, value).map(Meant::Misread);
    }
    if name.eq_ignore_ascii_case(DELAY) {
        let millis = number(value).or_else(|| text(value)?.parse().ok());
        return millis.is_some_and(|millis| millis > 0).then_some(Meant::Instead(NOT_DELAYED));
    }
    let Some(rest) = after_the_prefix(name) else { return slip(name, value).map(Meant::Ours) };
    let rests = KNOWN.iter().filter_map(|known| known.strip_prefix(PREFIX)?.strip_prefix('-'));
    let near = domain::nearest(rest, rests);
    let known = near.and_then(|near| KNOWN.into_iter().find(|known| known.get(PREFIX.len() + 1..) == Some(near)));
    Some(known.map_or(Meant::Instead(NOT_OURS), Meant::Ours))
}

/// What follows `notify-`, in whatever case it is written.
fn after_the_prefix(name: &str) -> Option<&str> {
    let rest = name.get(PREFIX.len()..)?.strip_prefix(['-', '_'])?;
    name.get(..PREFIX.len())?.eq_ignore_ascii_case(PREFIX).then_some(rest)
}

/// The header that was meant by a name with a slip in its first word, without its hyphen, or with `x-` before it. Of
/// the second words alone only a yes to `again` is one: an operator who writes it waits for a new budget.
fn slip(name: &str, value: &AMQPValue) -> Option<&'static str> {
    let is_extended = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    let bare = if is_extended { name.get(2..)? } else { name };
    if bare.eq_ignore_ascii_case("again") {
        return is_yes(value).then_some(name::AGAIN);
    }
    let may_be_one = bare.is_ascii() && SLIP_BYTES.contains(&bare.len());
    if may_be_one { domain::nearest(bare, OF_PUBLISHERS) } else { None }
}

/// What a value that is not read should be. None where the value is empty, which some languages write for an absent
/// one.
fn must_be(name: &str, value: &AMQPValue) -> Option<&'static str> {
    if matches!(value, AMQPValue::Void) {
        return None;
    }
    let text = text(value);
    let (is_read, must) = match name {
        name::EPOCH => (epoch(value).is_some(), "must be a whole number"),
        name::ATTEMPT | name::SEQ | name::DEAD_ATTEMPTS => {
            (amqp::value::count(value).is_some(), "must be a whole number")
        }
        name::LANE => (text.and_then(Lane::parse).is_some(), "must be urgent, normal or bulk"),
        name::DUE | name::DEAD_AT => {
            (text.is_some_and(|text| Timestamp::parse_rfc3339(text).is_ok()), "must be an instant as RFC 3339 has it")
        }
        name::RELEASED => {
            (matches!(value, AMQPValue::Boolean(_)), "must be a boolean, and is only for the fleet to set")
        }
        name::AGAIN => (is_yes(value) || is_no(value), "must be true"),
        _ => (text.is_some(), "must be a text in UTF-8"),
    };
    (!is_read).then_some(must)
}

fn is_no(value: &AMQPValue) -> bool {
    matches!(value, AMQPValue::Boolean(false))
        || number(value) == Some(0)
        || text(value).is_some_and(|text| text.is_empty() || text.eq_ignore_ascii_case("false"))
}
