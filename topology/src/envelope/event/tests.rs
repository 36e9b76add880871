//! What a subscriber reads of an event, and what no event holds.

use std::collections::BTreeMap;

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable};
use domain::{Defaults, Reason, events_of};
use serde_json::json;
use testkit::{NOW, key_of, row};

use super::*;
use crate::properties;

const BODY: &str = r#"{"channel":"sms","destination":"+12025550143","message":"the code is 481930","fallback":
    [{"channel":"email","destination":"ana@example.com"}],"metadata":{"order":7.10,"tags":["a"],"owner":{"id":1e2}}}"#;

fn notification(body: &str) -> Notification {
    Notification::decode(body.as_bytes(), &Defaults { channel: None }).unwrap()
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

/// What a publisher sent with its message.
fn publisher_properties() -> PublisherProperties {
    let headers = [
        ("traceparent", text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
        ("tracestate", text("congo=t61rcWkgMzE")),
        ("x-own", text("dropped")),
        ("token", text("a secret of the publisher")),
    ];
    let table = headers.into_iter().map(|(name, value)| (name.into(), value)).collect::<BTreeMap<_, _>>();
    let properties = BasicProperties::default()
        .with_correlation_id("order-7".into())
        .with_reply_to("orders.replies".into())
        .with_content_type("application/json".into())
        .with_headers(FieldTable::from(table));
    PublisherProperties::of(&properties)
}

fn written(row: &Row, order: &Order, body: &str) -> (WrittenEvent, Value) {
    let events = events_of(row, order);
    let written = write_event(events.last().expect("an event"), Some(&notification(body)), &publisher_properties());
    let json = serde_json::from_slice(&written.body).unwrap();
    (written, json)
}

fn dead() -> (Row, Order) {
    let order = Order::DeadLetter { reason: Reason::Exhausted, error: "503 by twilio".into() };
    let row = Row {
        key: key_of("acme", "d-1"),
        state: State::Dead,
        attempt: 4,
        seq: 3,
        order: order.clone(),
        provider: Some("twilio".into()),
        code: Some("503".into()),
        parent: Some("d-0".into()),
        expires_at: Some(NOW),
        ..row("d-1")
    };
    (row, order)
}

#[test]
fn an_event_is_a_cloud_event_with_what_the_row_knows_and_the_publishers_own_data() {
    let (row, order) = dead();
    let (written, told) = written(&row, &order, BODY);
    let id = events_of(&row, &order)[0].id().to_string();
    assert_eq!((&written.id, written.routing_key.as_str()), (&id, "acme.sms.dead"));
    let expected = json!({
        "specversion": "1.0", "id": id, "source": "/chasqui", "type": "chasqui.sms.dead", "subject": "d-1",
        "time": "2026-03-01T12:00:00Z", "datacontenttype": "application/json", "tenant": "acme",
        "correlationid": "order-7", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "tracestate": "congo=t61rcWkgMzE",
        "data": {
            "id": "d-1", "tenant": "acme", "channel": "sms", "state": "dead", "epoch": 0, "attempt": 4,
            "ambiguous": false, "created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z",
            "expires_at": "2026-03-01T12:00:00Z", "provider": "twilio", "code": "503", "reason": "exhausted",
            "detail": "503 by twilio", "parent": "d-0", "metadata": told["data"]["metadata"],
        },
    });
    assert_eq!(told, expected);
    let text = std::str::from_utf8(&written.body).unwrap();
    assert!(text.contains(r#""metadata":{"order":7.10,"owner":{"id":1e+2},"tags":["a"]}"#), "its digits: {text}");
}

#[test]
fn no_event_holds_a_recipient_a_body_or_anything_else_that_the_publisher_sent() {
    let (row, order) = dead();
    let (written, _) = written(&row, &order, BODY);
    let properties = properties(&written.id, &domain::Headers::default(), &written.publisher_properties);
    let seen = format!("{} {properties:?}", String::from_utf8_lossy(&written.body));
    for hidden in ["2025550143", "***43", "481930", "ana@example.com", "secret", "x-own", "orders.replies"] {
        assert!(!seen.contains(hidden), "{hidden} in {seen}");
    }
}

#[test]
fn the_properties_say_what_it_is_and_connect_it_with_its_request() {
    let (row, order) = dead();
    let (written, _) = written(&row, &order, BODY);
    let properties = properties(&written.id, &domain::Headers::default(), &written.publisher_properties);
    let text = |text: &Option<amqp::types::ShortString>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(text(properties.message_id()), written.id);
    assert_eq!(text(properties.content_type()), "application/cloudevents+json");
    assert_eq!((text(properties.kind()), text(properties.app_id())), ("chasqui.sms.dead".into(), "chasqui".into()));
    assert_eq!((text(properties.correlation_id()), text(properties.reply_to())), ("order-7".into(), String::new()));
    assert_eq!((*properties.timestamp(), *properties.delivery_mode()), (Some(1_772_366_400), Some(2)));
    let headers = properties.headers().clone().unwrap_or_default();
    let names: Vec<&str> = headers.inner().keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["traceparent", "tracestate"]);
}

#[test]
fn who_carried_it_and_who_was_passed_over_is_told() {
    let why = "smtp: it fails too often, its breaker is open";
    let sent =
        Row { state: State::Sent, provider: Some("sendgrid".into()), passed_over: Some(why.into()), ..row("d-1") };
    let (_, told) = written(&sent, &Order::Nothing, BODY);
    assert_eq!((&told["data"]["provider"], &told["data"]["passed_over"]), (&json!("sendgrid"), &json!(why)));
}

#[test]
fn what_is_suppressed_says_why() {
    let suppressed = Row { state: State::Suppressed, suppressed_for: Some(SuppressedFor::Stop), ..row("d-1") };
    let (event, told) = written(&suppressed, &Order::Nothing, BODY);
    assert!(event.routing_key.ends_with(".sms.suppressed"), "{}", event.routing_key);
    assert_eq!((&told["data"]["state"], &told["data"]["suppressed_for"]), (&json!("suppressed"), &json!("stop")));
    let lifted = Row { state: State::Dead, suppressed_for: Some(SuppressedFor::Stop), ..row("d-1") };
    let (_, told) = written(&lifted, &dead().1, BODY);
    assert_eq!(told["data"].get("suppressed_for"), None);
}

#[test]
fn a_retry_says_what_comes_next_and_a_fallback_who_goes_on() {
    let waiting = Row { state: State::Waiting, attempt: 1, seq: 1, ..row("d-1") };
    let (_, told) = written(&waiting, &Order::Retry { tier: 2 }, BODY);
    assert_eq!((&told["data"]["next"], &told["data"]["state"]), (&json!("retry.2"), &json!("waiting")));
    let (_, told) = written(&waiting, &Order::Schedule { due: NOW }, BODY);
    assert_eq!(told["data"]["due_at"], json!("2026-03-01T12:00:00Z"));
    // Told again when the next copy is being sent already: the same event.
    let claimed = Row { state: State::Sending, ..waiting.clone() };
    let again = written(&claimed, &Order::Retry { tier: 2 }, BODY).1;
    assert_eq!(again, written(&waiting, &Order::Retry { tier: 2 }, BODY).1);
    let fell_back = Row { state: State::FellBack, attempt: 1, ..row("d-1") };
    let (written, told) = written(&fell_back, &Order::Fallback, BODY);
    assert_eq!(told["data"]["child"], json!(child_id(&fell_back.key, 1)));
    assert_eq!(written.routing_key, "default.sms.fell_back");
}

#[test]
fn what_was_sent_says_which_child_waits_and_until_when() {
    let sent = Row { state: State::Sent, attempt: 1, ..row("d-1") };
    let (_, told) = written(&sent, &Order::Escalate { when: domain::When::Undelivered, due: NOW }, BODY);
    let data = &told["data"];
    let expected = (&json!("sent"), &json!(child_id(&sent.key, 1)), &json!("2026-03-01T12:00:00Z"));
    assert_eq!((&data["state"], &data["child"], &data["escalates_at"]), expected);
    assert_eq!(data.get("due_at"), None, "it is the child that is due");
    let bounced = Row { state: State::Bounced, ..sent.clone() };
    let (_, told) = written(&bounced, &Order::Escalate { when: domain::When::Undelivered, due: NOW }, BODY);
    let data = &told["data"];
    assert_eq!((&data["state"], &data["child"], &data["escalates_at"]), (&json!("bounced"), expected.1, expected.2));
    let delivered = Row { state: State::Delivered, ..sent };
    let (_, told) = written(&delivered, &Order::Nothing, BODY);
    assert_eq!((told["data"].get("child"), told["data"].get("escalates_at")), (None, None), "it was called off");
}

#[test]
fn a_move_back_is_told_as_the_beginning_of_its_budget() {
    let sent = Row { state: State::Sent, epoch: 1, attempt: 1, ..row("d-1") };
    let events = events_of(&sent, &Order::Nothing);
    let told = write_event(&events[0], None, &PublisherProperties::default());
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    let data = &told["data"];
    assert_eq!(told["type"], json!("chasqui.sms.replayed"));
    assert_eq!((&data["state"], &data["epoch"], &data["attempt"]), (&json!("sending"), &json!(1), &json!(0)));
    assert!(data.get("metadata").is_none() && told.get("correlationid").is_none(), "{told}");
}

#[test]
fn what_was_cancelled_before_it_was_seen_is_told_on_the_channel_of_its_message() {
    let unknown = domain::ChannelName::parse("unknown").unwrap();
    let tombstone = Row { state: State::Cancelled, content: None, channel: unknown, ..row("d-1") };
    let (written, told) = written(&tombstone, &Order::Nothing, BODY);
    assert_eq!((written.routing_key.as_str(), &told["data"]["channel"]), ("default.sms.cancelled", &json!("sms")));
}

#[test]
fn a_metadata_that_would_make_the_event_too_large_is_left_out_and_that_is_told() {
    let (row, order) = dead();
    let metadata = "m".repeat(MAX_BODY_BYTES - 200);
    let body = json!({"channel": "sms", "destination": "+1", "message": "m", "metadata": {"m": metadata}}).to_string();
    assert!(body.len() <= MAX_BODY_BYTES);
    let (written, told) = written(&row, &order, &body);
    assert!(written.body.len() < 2_000);
    assert_eq!((told["data"].get("metadata"), &told["data"]["metadata_left_out"]), (None, &json!(true)));
}

#[test]
fn a_correlation_that_no_attribute_may_hold_stays_a_property_alone() {
    let odd = BasicProperties::default().with_correlation_id("a\u{1b}[31m".into());
    let (row, order) = dead();
    let written = write_event(&events_of(&row, &order)[0], None, &PublisherProperties::of(&odd));
    let told: Value = serde_json::from_slice(&written.body).unwrap();
    assert!(told.get("correlationid").is_none(), "{told}");
}
