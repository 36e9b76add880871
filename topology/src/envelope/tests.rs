//! The envelope over every AMQP type and over values that no honest publisher sends.

use std::collections::BTreeMap;

use amqp::BasicProperties;
use amqp::types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable, ShortString};
use amqp::value::table_len;
use domain::{DeadMark, Headers, Lane, PublishedBy, Timestamp};

use super::*;
use crate::Names;

/// The names of the headers that are read: ours, and the broker's.
pub(super) const NAMES: [&str; 15] = [
    name::ATTEMPT,
    name::EPOCH,
    name::SEQ,
    name::LANE,
    name::DUE,
    name::RELEASED,
    name::PARENT,
    name::PUBLISHER,
    name::AGAIN,
    name::DEAD_REASON,
    name::DEAD_ERROR,
    name::DEAD_ATTEMPTS,
    name::DEAD_AT,
    "x-death",
    "x-delivery-count",
];

fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
    FieldTable::from(entries.iter().map(|(name, value)| ((*name).into(), value.clone())).collect::<BTreeMap<_, _>>())
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn read(entries: &[(&str, AMQPValue)]) -> Headers {
    read_headers(&BasicProperties::default().with_headers(table(entries)), &Names::of("notifications"))
}

fn every_type() -> Vec<(&'static str, AMQPValue)> {
    vec![
        ("boolean", AMQPValue::Boolean(true)),
        ("i8", AMQPValue::ShortShortInt(-1)),
        ("u8", AMQPValue::ShortShortUInt(200)),
        ("i16", AMQPValue::ShortInt(-300)),
        ("u16", AMQPValue::ShortUInt(60_000)),
        ("i32", AMQPValue::LongInt(-70_000)),
        ("u32", AMQPValue::LongUInt(u32::MAX)),
        ("i64", AMQPValue::LongLongInt(i64::MIN)),
        ("float", AMQPValue::Float(f32::NAN)),
        ("double", AMQPValue::Double(f64::INFINITY)),
        ("decimal", AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 150 })),
        ("string", text("text")),
        ("latin1", AMQPValue::LongString(b"notificaci\xf3n".as_slice().into())),
        (
            "array",
            AMQPValue::FieldArray(FieldArray::from(vec![
                AMQPValue::Void,
                AMQPValue::FieldTable(FieldTable::default()),
            ])),
        ),
        ("timestamp", AMQPValue::Timestamp(u64::MAX)),
        ("table", AMQPValue::FieldTable(table(&[("inner", AMQPValue::Boolean(false))]))),
        ("bytes", AMQPValue::ByteArray(ByteArray::from(vec![0, 255]))),
        ("void", AMQPValue::Void),
    ]
}

fn full() -> Headers {
    Headers {
        attempt: Some(3),
        epoch: Some(1),
        seq: Some(u32::MAX),
        lane: Some(Lane::Bulk),
        due: Some(Timestamp::from_micros(1_700_000_000_123_456)),
        released: true,
        parent: Some("padre-ñ".into()),
        publisher: Some("orders".into()),
        dead: Some(DeadMark {
            reason: "exhausted".into(),
            error: "smtp 421".into(),
            attempts: 4,
            at: Timestamp::from_micros(1_700_000_001_000_000),
        }),
        broker_death: false,
        again: true,
    }
}

#[test]
fn headers_come_back_as_they_were_written() {
    for headers in [Headers::default(), full()] {
        let written = properties("id-1", &headers, &PublisherProperties::default());
        assert_eq!(read_headers(&written, &Names::of("notifications")), headers);
        assert_eq!(written.message_id().as_ref().map(ShortString::as_str), Some("id-1"));
        assert_eq!(*written.delivery_mode(), Some(2));
    }
}

#[test]
fn a_header_of_a_foreign_type_or_range_reads_as_absent() {
    for (kind, value) in every_type() {
        if ["boolean", "string", "u8", "u16", "u32"].contains(&kind) {
            continue;
        }
        for name in NAMES {
            let headers = read(&[(name, value.clone())]);
            assert_eq!(headers, Headers::default(), "{name} as {kind}");
        }
    }
    let absurd = [
        (name::ATTEMPT, text("4")),
        (name::EPOCH, AMQPValue::LongLongInt(1 << 32)),
        (name::EPOCH, text("+3")),
        (name::SEQ, AMQPValue::LongInt(-1)),
        (name::LANE, text("express")),
        (name::DUE, text("tomorrow")),
        (name::RELEASED, text("true")),
        (name::AGAIN, text("1")),
        (name::PARENT, text(&"p".repeat(256))),
        (name::PUBLISHER, text("")),
    ];
    assert_eq!(read(&absurd), Headers::default());
}

#[test]
fn counts_are_read_from_every_integer_type() {
    let integers = [
        AMQPValue::ShortShortInt(7),
        AMQPValue::ShortShortUInt(7),
        AMQPValue::ShortInt(7),
        AMQPValue::ShortUInt(7),
        AMQPValue::LongInt(7),
        AMQPValue::LongUInt(7),
        AMQPValue::LongLongInt(7),
    ];
    for integer in integers {
        assert_eq!(read(&[(name::ATTEMPT, integer.clone())]).attempt, Some(7), "{integer:?}");
    }
}

#[test]
fn any_single_dead_header_marks_it_as_dead() {
    let headers = read(&[(name::DEAD_REASON, text("exhausted"))]);
    assert_eq!(headers.published_by(), PublishedBy::OperatorMove);
    assert_eq!(headers.dead.unwrap().reason, "exhausted");
}

#[test]
fn a_new_budget_is_asked_for_by_a_boolean_or_as_the_ui_writes_it() {
    for yes in [AMQPValue::Boolean(true), AMQPValue::LongInt(1), text("true"), text("True")] {
        assert!(read(&[(name::AGAIN, yes.clone())]).again, "{yes:?}");
    }
    for no in [AMQPValue::Boolean(false), text("false"), text(""), AMQPValue::Void] {
        assert!(!read(&[(name::AGAIN, no.clone())]).again, "{no:?}");
    }
}

#[test]
fn an_epoch_is_also_read_from_digits() {
    assert_eq!(read(&[(name::EPOCH, text("3"))]).epoch, Some(3));
    for not in ["", "+3", " 3", "zz", "4294967296"] {
        assert_eq!(read(&[(name::EPOCH, text(not))]).epoch, None, "{not}");
    }
}

#[test]
fn a_header_that_looks_like_ours_and_is_not_read_is_told_without_its_value() {
    let told = |header: &str, value: AMQPValue| {
        let properties = BasicProperties::default().with_headers(table(&[(header, value)]));
        let told = misread(&properties).first().map(|header| header.warning().to_string());
        told.unwrap_or_default()
    };
    for (header, value, said) in [
        ("notify-agian", AMQPValue::Boolean(true), "is not known and was not read: did you mean notify-again?"),
        ("notify_again", AMQPValue::Boolean(true), "is not known and was not read: did you mean notify-again?"),
        ("Notify-Again", AMQPValue::Boolean(true), "is not known and was not read: did you mean notify-again?"),
        ("notify-dead-reasons", text("s3cr3t"), "is not known and was not read: did you mean notify-dead-reason?"),
        ("notify-foo", text("s3cr3t"), "names that begin with notify- are the fleet's"),
        ("notify-again", text("s3cr3t"), "was not read: it must be true"),
        ("notify-epoch", text("s3cr3t"), "was not read: it must be a whole number"),
        ("notify-lane", text("s3cr3t"), "was not read: it must be urgent, normal or bulk"),
        ("notify-due", text("s3cr3t"), "was not read: it must be an instant"),
        ("notify-parent", AMQPValue::LongInt(7), "was not read: it must be a text"),
    ] {
        let told = told(header, value);
        assert!(told.starts_with(&format!("header:{header} ")) && told.contains(said), "{header}: {told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
    for (header, value) in [
        ("notify-epoch", text("3")),
        ("notify-again", AMQPValue::Boolean(false)),
        ("notify-again", text("True")),
        ("notify-epoch", AMQPValue::Void),
        ("notification", text("x")),
        ("notified-at", text("x")),
        ("tracestate", text("x")),
        ("x-death", text("x")),
        ("ñotify-again", text("x")),
    ] {
        assert_eq!(told(header, value), "", "{header}");
    }
    assert_eq!(
        misread(&properties("id-1", &full(), &PublisherProperties::default())),
        [],
        "the fleet's own are all read"
    );
    let many: Vec<String> = (0..100).map(|n| format!("notify-{n}")).collect();
    let many: Vec<(&str, AMQPValue)> = many.iter().map(|name| (name.as_str(), AMQPValue::Void)).collect();
    assert_eq!(misread(&BasicProperties::default().with_headers(table(&many))).len(), 16);
}

#[test]
fn a_slip_anywhere_in_the_name_of_a_header_that_a_publisher_may_set_is_told() {
    let told = |header: &str, value: AMQPValue| {
        let properties = BasicProperties::default().with_headers(table(&[(header, value)]));
        misread(&properties).first().map(|header| header.warning().to_string()).unwrap_or_default()
    };
    for (header, meant) in [
        ("notifiy-again", "notify-again"),
        ("notfy-again", "notify-again"),
        ("notifyagain", "notify-again"),
        ("notifyAgain", "notify-again"),
        ("x-notify-again", "notify-again"),
        ("X-Notify-Again", "notify-again"),
        ("again", "notify-again"),
        ("x-again", "notify-again"),
        ("notfy-epoch", "notify-epoch"),
        ("x-notify-lane", "notify-lane"),
    ] {
        let told = told(header, AMQPValue::Boolean(true));
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{header}: {told}");
    }
    for header in
        ["epoch", "lane", "tenant", "x-tenant", "notifier", "traceparent", "content-lane", "x-first-death-queue"]
    {
        assert_eq!(told(header, AMQPValue::Boolean(true)), "", "{header}");
    }
    assert_eq!(told("again", text("and again")), "", "of the publisher's own");
}

#[test]
fn only_a_broker_death_in_a_lane_queue_counts() {
    let died = |queue: &str, reason: &str| {
        let death = AMQPValue::FieldTable(table(&[("queue", text(queue)), ("reason", text(reason))]));
        let deaths = AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::Void, death]));
        read(&[("x-death", deaths)]).broker_death
    };
    for queue in ["notifications.queue", "notifications.queue.urgent", "notifications.queue.bulk"] {
        for reason in ["rejected", "delivery_limit", "maxlen"] {
            assert!(died(queue, reason), "{queue} {reason}");
        }
        assert!(!died(queue, "expired"));
    }
    assert!(!died("notifications.queue.retry.1", "expired"));
    assert!(!died("notifications.queue.retry.1", "rejected"));
    assert!(!died("notifications.queue.dlq", "rejected"));
    assert!(!died("other.queue", "rejected"));
}

#[test]
fn a_republish_keeps_what_the_publisher_chose_and_drops_what_steers_the_broker() {
    let mut entries = every_type();
    entries.extend([
        ("x-death", text("anything")),
        ("X-Custom", text("broker's namespace")),
        ("CC", AMQPValue::FieldArray(FieldArray::from(vec![text("elsewhere")]))),
        ("BCC", AMQPValue::FieldArray(FieldArray::default())),
        ("notify-attempt", AMQPValue::LongInt(9)),
        ("notify-unknown", text("ours, from another version")),
    ]);
    let received = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("utf-8".into())
        .with_correlation_id("c-1".into())
        .with_reply_to("answers".into())
        .with_timestamp(1_700_000_000)
        .with_type("order.shipped".into())
        .with_app_id("orders".into())
        .with_user_id("orchestrator_user".into())
        .with_expiration("200".into())
        .with_priority(9)
        .with_delivery_mode(1)
        .with_headers(table(&entries));
    let written =
        properties("id-1", &Headers { attempt: Some(1), ..Headers::default() }, &PublisherProperties::of(&received));
    let mut expected: Vec<(&str, AMQPValue)> = every_type();
    expected.push(("notify-attempt", AMQPValue::LongLongInt(1)));
    let kept = written.headers().clone().unwrap();
    let names = |table: &FieldTable| table.inner().keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&kept), names(&table(&expected)));
    assert_eq!(kept.inner().get("latin1"), table(&expected).inner().get("latin1"));
    let again = properties("id-1", &Headers::default(), &PublisherProperties::of(&written));
    assert_eq!(
        (again.content_type(), again.content_encoding(), again.correlation_id(), again.reply_to()),
        (received.content_type(), received.content_encoding(), received.correlation_id(), received.reply_to())
    );
    assert_eq!(
        (again.timestamp(), again.kind(), again.app_id()),
        (received.timestamp(), received.kind(), received.app_id())
    );
    assert_eq!((again.user_id(), again.expiration(), again.priority()), (&None, &None, &None));
    assert_eq!(*again.delivery_mode(), Some(2));
}

#[test]
fn a_dead_error_is_cut_at_one_kibibyte_between_characters() {
    let mut headers = full();
    headers.dead.as_mut().unwrap().error = "ñ".repeat(5_000) + "x";
    let written = properties("id", &headers, &PublisherProperties::default());
    let error = read_headers(&written, &Names::of("notifications")).dead.unwrap().error;
    assert_eq!(error.len(), 1024);
    assert!(error.chars().all(|c| c == 'ñ'));
}

#[test]
fn a_table_over_64_kib_loses_the_largest_foreign_headers_and_none_of_ours() {
    let big = text(&"b".repeat(40_000));
    let foreign = table(&[("big-1", big.clone()), ("big-2", big), ("small", text("kept"))]);
    let publisher_properties = PublisherProperties::of(&BasicProperties::default().with_headers(foreign));
    let written = properties("id", &full(), &publisher_properties);
    let kept = written.headers().clone().unwrap();
    assert!(table_len(&kept) <= MAX_TABLE_BYTES);
    assert!(kept.contains_key("small") && kept.contains_key("big-1") && !kept.contains_key("big-2"));
    assert_eq!(read_headers(&written, &Names::of("notifications")), full());
}

#[test]
fn a_fingerprint_is_equal_for_copies_and_differs_for_other_messages() {
    let sent = BasicProperties::default().with_app_id("orders".into()).with_headers(table(&every_type()));
    let mut entries = every_type();
    entries.extend([
        ("x-death", text("d")),
        ("x-delivery-count", AMQPValue::LongInt(3)),
        ("notify-dead-reason", text("r")),
    ]);
    let moved = sent.clone().with_headers(table(&entries)).with_expiration("1".into());
    assert_eq!(fingerprint_of_properties(&sent), fingerprint_of_properties(&moved));
    assert!(!fingerprint_of_properties(&sent).is_empty());
    let other = sent.clone().with_app_id("billing".into());
    assert_ne!(fingerprint_of_properties(&sent), fingerprint_of_properties(&other));
    let swapped = BasicProperties::default().with_reply_to("a".into());
    assert_ne!(
        fingerprint_of_properties(&swapped),
        fingerprint_of_properties(&BasicProperties::default().with_correlation_id("a".into()))
    );
}

#[test]
fn a_header_that_json_cannot_write_does_not_take_the_others_with_it() {
    let nested = AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::Double(f64::INFINITY)]));
    let sent = table(&[("kept", text("ñ")), ("nan", AMQPValue::Float(f32::NAN)), ("nested", nested)]);
    let publisher_properties =
        PublisherProperties::of(&BasicProperties::default().with_app_id("orders".into()).with_headers(sent));
    let stored: PublisherProperties =
        serde_json::from_slice(&serde_json::to_vec(&publisher_properties).unwrap()).unwrap();
    let kept = PublisherProperties::of(
        &BasicProperties::default().with_app_id("orders".into()).with_headers(table(&[("kept", text("ñ"))])),
    );
    assert_eq!(stored, kept);
}

#[test]
fn a_timestamp_beyond_the_year_9999_reads_as_absent() {
    let at = |seconds| sent_at(&BasicProperties::default().with_timestamp(seconds));
    assert_eq!(at(1_700_000_000), Some(Timestamp::from_seconds(1_700_000_000)));
    assert_eq!(at(1_700_000_000_000), None);
    assert_eq!(at(u64::MAX), None);
}
