//! Members are told once each, also by a scheduler that goes on where another one was killed.

use bytes::Bytes;
use domain::{Defaults, Lane, Tenant, Zones};
use serde_json::Value;
use testkit::told;
use tokio::sync::mpsc::UnboundedReceiver;
use topology::{BasicProperties, Delivery, Names, Publication, Publisher, Settle, Source, To, properties};

use super::*;
use crate::testing::{Parts, parts};

const BODY: &str = r#"{"channel":"inapp","destination":"topic:role:ADMIN","message":"Hola","priority":"low"}"#;

/// The parts of a scheduler, and what it publishes.
async fn telling() -> (Parts, UnboundedReceiver<Publication>) {
    let mut parts = parts("2026-11-28T09:00:00Z", Zones::bundled()).await;
    let (publisher, published) = Publisher::reporting();
    parts.shared.intake.publisher = publisher;
    (parts, published)
}

async fn members(parts: &Parts, users: &[&str]) {
    for user in users {
        let store = &parts.shared.intake.store;
        store.put_topic_member(&Tenant::default(), "role:ADMIN", user, &told()).await.unwrap();
    }
}

async fn consume(parts: &Parts, body: &str) -> Disposition {
    consume_with(parts, BasicProperties::default(), body).await
}

async fn consume_with(parts: &Parts, properties: BasicProperties, body: &str) -> Disposition {
    let properties = properties.with_message_id("t-1".into());
    let mut incoming = received(Source::FanOut, properties, Bytes::from(body.to_owned()));
    incoming.lane = Lane::Bulk;
    pipeline(&parts.shared, &incoming).await
}

fn received(source: Source, properties: BasicProperties, body: Bytes) -> Incoming {
    let (settle, _settled) = Settle::reporting();
    let delivery = Delivery {
        exchange: Default::default(),
        routing_key: Default::default(),
        properties,
        body,
        redelivered: false,
        settle,
    };
    Incoming::new(source, &Names::of("notifications"), None, delivery)
}

/// The destinations of what was published since the last look, and the ids.
fn seen(published: &mut UnboundedReceiver<Publication>) -> Vec<(String, String)> {
    let read = |one: Publication| {
        assert_eq!((&one.to, one.headers.parent.as_deref()), (&To::Lane(Lane::Bulk), Some("t-1")));
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        assert_eq!((&body["id"], &body["message"]), (&Value::from(one.message_id.as_str()), &Value::from("Hola")));
        (body["destination"].as_str().unwrap().to_owned(), one.message_id)
    };
    std::iter::from_fn(|| published.try_recv().ok()).map(read).collect()
}

#[tokio::test]
async fn every_member_of_a_topic_is_told_by_a_delivery_of_their_own_and_a_second_copy_tells_nobody() {
    let (parts, mut published) = telling().await;
    members(&parts, &["caro", "ana", "ben"]).await;
    assert!(matches!(consume(&parts, BODY).await, Disposition::Acknowledge));
    let told = seen(&mut published);
    let users: Vec<&str> = told.iter().map(|(user, _)| user.as_str()).collect();
    assert_eq!(users, ["user:ana", "user:ben", "user:caro"]);
    assert!(matches!(consume(&parts, BODY).await, Disposition::Acknowledge));
    assert!(seen(&mut published).is_empty());
}

#[tokio::test]
async fn nobody_is_answered_or_warned_by_the_deliveries_of_members() {
    let (parts, mut published) = telling().await;
    members(&parts, &["ana", "ben"]).await;
    // In milliseconds, which is told of at the delivery to the topic.
    let given = BasicProperties::default()
        .with_reply_to("orders.replies".into())
        .with_correlation_id("order-7".into())
        .with_timestamp(1_772_366_400_000);
    let body = BODY.replace("\"priority\"", "\"order\":7,\"cc\":[\"a@example.org\"],\"priority\"");
    let topic = received(Source::FanOut, given.clone(), Bytes::from(body.clone()));
    assert!(topic.reply_to.is_some() && topic.misread.len() == 1, "the test would see nothing: {topic:?}");
    assert!(matches!(consume_with(&parts, given, &body).await, Disposition::Acknowledge));
    for user in ["ana", "ben"] {
        let one = published.try_recv().unwrap();
        let written = properties(&one.message_id, &one.headers, &one.publisher_properties);
        assert_eq!(written.correlation_id().as_ref().map(ToString::to_string).as_deref(), Some("order-7"), "{user}");
        let copy = received(Source::Lane(Lane::Bulk), written, one.body);
        let read = copy.decode(&Defaults { channel: None }).unwrap();
        assert_eq!((&copy.reply_to, read.unknown, read.wording.mail.is_empty()), (&None, Vec::new(), true), "{user}");
    }
}

#[tokio::test]
async fn a_topic_goes_on_where_a_scheduler_was_killed_and_streams_by_pages() {
    let (parts, mut published) = telling().await;
    let all: Vec<String> = (0..PAGE + 3).map(|n| format!("u-{n:04}")).collect();
    members(&parts, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
    let key = Key { tenant: Tenant::default(), id: "t-1".into() };
    store.begin_fan_out(&key, now).await.unwrap();
    store.note_fan_out(&key, "u-0001", 2).await.unwrap();
    assert!(matches!(consume(&parts, BODY).await, Disposition::Acknowledge));
    let told = seen(&mut published);
    assert_eq!((told.len(), told[0].0.as_str()), (PAGE + 1, "user:u-0002"));
    let ended = store.begin_fan_out(&key, now).await.unwrap();
    assert_eq!((ended.told, ended.ended_at), (i64::try_from(PAGE + 3).unwrap(), Some(now)));
}

#[tokio::test]
async fn what_is_for_no_topic_or_was_delivered_too_often_is_a_dead_letter() {
    let (parts, mut published) = telling().await;
    members(&parts, &["ana"]).await;
    for (body, expected) in [
        (r#"{"channel":"inapp","destination":"user:ana","message":"Hola"}"#, Reason::Permanent),
        (r#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#, Reason::Permanent),
        ("7", Reason::DecodeError),
    ] {
        let Disposition::DeadLetter(letter) = consume(&parts, body).await else { panic!("{body}") };
        assert_eq!(letter.reason, expected, "{body}");
    }
    let expired = BODY.replace("\"priority\"", "\"expires_at\":\"2026-11-28T08:00:00Z\",\"priority\"");
    assert!(matches!(consume(&parts, &expired).await, Disposition::Acknowledge));
    assert!(seen(&mut published).is_empty(), "what has expired is told nobody");
}

/// What `GET /deliveries/{id}` says of the delivery to the topic.
async fn warned(parts: &Parts) -> Vec<String> {
    let (store, key) = (&parts.shared.intake.store, Key { tenant: Tenant::default(), id: "t-1".into() });
    // One writer has both, in their order: the warnings are there once this is.
    store.note_letter(&key, 0).await.unwrap();
    store.warnings(&key).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_topic_that_not_every_member_was_told_of_is_warned_of() {
    let (parts, mut published) = telling().await;
    assert!(matches!(consume(&parts, BODY).await, Disposition::Acknowledge));
    assert_eq!(warned(&parts).await, ["/destination has no members: nobody was told"]);
    assert!(seen(&mut published).is_empty());

    let (parts, _published) = telling().await;
    members(&parts, &["ana"]).await;
    assert!(matches!(consume(&parts, BODY).await, Disposition::Acknowledge));
    assert_eq!(warned(&parts).await, [""; 0]);

    let (parts, _published) = telling().await;
    members(&parts, &["ana"]).await;
    let expired = BODY.replace("\"priority\"", "\"expires_at\":\"2026-11-28T08:00:00Z\",\"priority\"");
    assert!(matches!(consume(&parts, &expired).await, Disposition::Acknowledge));
    assert_eq!(warned(&parts).await, ["/destination may not have been told to every member: it has expired"]);
}

#[tokio::test]
async fn a_scheduler_that_stops_gives_a_topic_back_between_two_pages() {
    let (parts, mut published) = telling().await;
    members(&parts, &["ana"]).await;
    parts.shared.intake.stopping.cancel();
    assert!(matches!(consume(&parts, BODY).await, Disposition::GiveBack));
    assert!(seen(&mut published).is_empty());
}
