//! Headers of every AMQP type under every name that means something: nothing panics, what we write is read unchanged,
//! and nothing that steers the broker is kept.
//!
//! `CHASQUI_FUZZ_CASES=1000000` tries more.

use std::collections::BTreeMap;

use amqp::types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable, ShortString};
use amqp::value::table_len;
use amqp::{BasicProperties, delivery_count};
use domain::{Arrival, DeadMark, Headers, Lane, PublishedBy, Timestamp};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::{fuzz_cases, key};

use super::tests::NAMES;
use super::*;
use crate::Names;

const CASES: u32 = 50_000;

/// Names that are not read, and names within an `x-death` entry.
const OTHER_NAMES: [&str; 10] =
    ["x-first-death-queue", "X-Custom", "CC", "bcc", "queue", "reason", "notify-unknown", "tracestate", "x-", ""];

/// Texts that are long, empty, in another encoding, or what our headers hold.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "urgent",
        "exhausted",
        "rejected",
        "delivery_limit",
        "expired",
        "notifications.queue",
        "notifications.queue.bulk",
        "2026-03-01T09:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "-1",
        "4",
        "",
    ];
    prop_oneof![
        4 => select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..12),
        1 => (0..400_usize).prop_map(|length| "ñ".repeat(length).into_bytes()),
    ]
}

fn value() -> impl Strategy<Value = AMQPValue> {
    let short = |bytes: Vec<u8>| ShortString::try_new(cut(&String::from_utf8_lossy(&bytes), MAX_SHORT_BYTES)).unwrap();
    let leaf = prop_oneof![
        any::<bool>().prop_map(AMQPValue::Boolean),
        any::<i8>().prop_map(AMQPValue::ShortShortInt),
        any::<u8>().prop_map(AMQPValue::ShortShortUInt),
        any::<i16>().prop_map(AMQPValue::ShortInt),
        any::<u16>().prop_map(AMQPValue::ShortUInt),
        any::<i32>().prop_map(AMQPValue::LongInt),
        any::<u32>().prop_map(AMQPValue::LongUInt),
        prop_oneof![any::<i64>(), -2..5_i64, Just(1_i64 << 32)].prop_map(AMQPValue::LongLongInt),
        any::<u32>().prop_map(|bits| AMQPValue::Float(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| AMQPValue::Double(f64::from_bits(bits))),
        (any::<u8>(), any::<u32>()).prop_map(|(scale, value)| AMQPValue::DecimalValue(DecimalValue { scale, value })),
        bytes().prop_map(move |bytes| AMQPValue::ShortString(short(bytes))),
        bytes().prop_map(|bytes| AMQPValue::LongString(bytes.into())),
        any::<u64>().prop_map(AMQPValue::Timestamp),
        bytes().prop_map(|bytes| AMQPValue::ByteArray(ByteArray::from(bytes))),
        Just(AMQPValue::Void),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|items| AMQPValue::FieldArray(FieldArray::from(items))),
            table_of(inner).prop_map(AMQPValue::FieldTable),
        ]
    })
}

fn table_of(value: impl Strategy<Value = AMQPValue>) -> impl Strategy<Value = FieldTable> {
    let entries = vec((select([&NAMES[..], &OTHER_NAMES].concat()), value), 0..4);
    entries.prop_map(|entries| {
        let entries = entries.into_iter().map(|(name, value)| (ShortString::from(name), value));
        FieldTable::from(entries.collect::<BTreeMap<_, _>>())
    })
}

fn received() -> impl Strategy<Value = BasicProperties> {
    (table_of(value()), of(any::<u64>()), of(bytes()), any::<bool>()).prop_map(|(table, at, text, with)| {
        let mut properties = BasicProperties::default().with_headers(table);
        if let Some(at) = at {
            properties = properties.with_timestamp(at);
        }
        if let Some(text) = text.as_deref().map(String::from_utf8_lossy) {
            let text = ShortString::try_new(cut(&text, MAX_SHORT_BYTES)).unwrap();
            properties = properties.with_content_type(text.clone()).with_type(text.clone()).with_expiration(text);
        }
        if with { properties.with_priority(9).with_delivery_mode(1) } else { properties }
    })
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // The years that RFC 3339 can write.
    (-62_135_596_800_000_000..253_402_300_800_000_000_i64).prop_map(Timestamp::from_micros)
}

/// Headers as the fleet itself writes them: texts within their limits.
fn ours() -> impl Strategy<Value = Headers> {
    let counts = (of(any::<u32>()), of(any::<u32>()), of(any::<u32>()));
    let dead = of((select(domain::Reason::ALL.to_vec()), "\\PC{1,9}", any::<u32>(), instant()));
    // An id is one line that acts on no terminal.
    let texts = (of("[a-zñ0-9 ./-]{1,9}"), of("[a-z]{1,9}"));
    let flags = (any::<bool>(), any::<bool>());
    (counts, of(select(Lane::ALL.to_vec())), of(instant()), flags, texts, dead).prop_map(
        |((attempt, epoch, seq), lane, due, (released, again), (parent, publisher), dead)| Headers {
            attempt,
            epoch,
            seq,
            lane,
            due,
            released,
            parent,
            publisher,
            dead: dead.map(|(reason, error, attempts, at)| DeadMark {
                reason: reason.as_str().into(),
                error,
                attempts,
                at,
            }),
            broker_death: false,
            again,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(CASES), failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_the_headers_are_they_are_read_and_ours_come_back_as_they_were_written(
        received in received(),
        headers in ours(),
    ) {
        let read = read_headers(&received, &Names::of("notifications"));
        let arrival = Arrival::new(key("id"), [0; 32], &read, false);
        prop_assert!(read.published_by() != PublishedBy::OperatorMove || arrival.epoch > 0);
        let _ = (delivery_count(&received, true), sent_at(&received));

        let publisher_properties = PublisherProperties::of(&received);
        let written = properties("id", &headers, &publisher_properties);
        // An error is read on screens: whatever acts on a terminal in it is written out.
        let mut shown = headers.clone();
        if let Some(dead) = &mut shown.dead {
            dead.error = domain::printable(&dead.error).into_owned();
        }
        prop_assert_eq!(read_headers(&written, &Names::of("notifications")), shown);
        prop_assert_eq!((written.priority(), written.expiration(), *written.delivery_mode()), (&None, &None, Some(2)));
        let table = written.headers().clone().unwrap_or_default();
        prop_assert!(table_len(&table) <= MAX_TABLE_BYTES);
        let steers = |name: &ShortString| {
            let name = name.as_str().to_ascii_lowercase();
            name.starts_with("x-") || ["cc", "bcc", "notify-unknown"].contains(&name.as_str())
        };
        prop_assert!(!table.inner().keys().any(steers), "{:?}", table);
        // The next worker writes and reads them again: nothing is lost on the way. (A NaN equals nothing.)
        let (again, before) = (PublisherProperties::of(&written), format!("{publisher_properties:?}"));
        prop_assert_eq!(format!("{again:?}"), before);
        prop_assert_eq!(fingerprint_of_properties(&written).is_empty(), false);
    }

    #[test]
    fn what_a_job_keeps_of_its_message_can_be_read_again(received in received()) {
        let publisher_properties = PublisherProperties::of(&received);
        let stored = serde_json::to_vec(&publisher_properties).unwrap();
        let kept: PublisherProperties = serde_json::from_slice(&stored).unwrap();
        prop_assert_eq!(&kept.content_type, &publisher_properties.content_type);
        // Headers are compared by name, because JSON rounds the last digit of some doubles.
        let storable = publisher_properties.foreign.inner().iter().filter(|(_, value)| publisher_properties::is_storable(value));
        prop_assert!(kept.foreign.inner().keys().eq(storable.map(|(name, _)| name)), "{:?}", kept.foreign);
    }
}
