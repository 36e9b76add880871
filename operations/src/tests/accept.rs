//! What is published for a notification and what is answered; and whether an id is another body's.

use domain::{ChannelName, Content, Defaults, Key, Lane, Notification, Outcome, content_of};
use serde_json::{Value, json};
use topology::{Publisher, To, TraceHeaders};

use crate::tests::fixtures::{DEFAULTS, NOW, asking, attempted, foreign, key, ledger, operator, recipients, sms};
use crate::{Checked, Refused, Rules, Status, accept, accept_all, cancel, is_known_with_another_body, repeated_ids};

#[tokio::test]
async fn what_is_due_goes_to_the_lane_of_its_priority_and_what_is_ahead_to_the_scheduler() {
    let (publisher, mut published) = Publisher::reporting();
    let cases = [
        (json!({}), Status::Accepted, To::Lane(Lane::Normal), Lane::Normal),
        (json!({"priority": "high"}), Status::Accepted, To::Lane(Lane::Urgent), Lane::Urgent),
        (json!({"priority": "low"}), Status::Accepted, To::Lane(Lane::Bulk), Lane::Bulk),
        (json!({"send_at": "2026-03-01T12:00:00Z"}), Status::Accepted, To::Lane(Lane::Normal), Lane::Normal),
        (json!({"send_at": "2026-03-01T12:00:01Z"}), Status::Scheduled, To::Scheduled, Lane::Normal),
        (
            json!({"send_at": "2026-03-01T12:00:01Z", "priority": "urgent"}),
            Status::Scheduled,
            To::Scheduled,
            Lane::Urgent,
        ),
    ];
    for (fields, status, to, lane) in cases {
        let notification = asking(None).read(&sms(fields)).unwrap();
        let body = notification.body.clone();
        let accepted = accept(&publisher, notification, "ada", None, NOW).await.unwrap();
        let publication = published.recv().await.unwrap();
        assert_eq!((accepted.status, &publication.to, accepted.lane), (status, &to, lane));
        assert_eq!((&publication.message_id, &publication.body), (&accepted.id, &body));
        assert_eq!(publication.headers.lane, Some(lane), "the way back from a retry leads there");
        assert_eq!(publication.headers.publisher.as_deref(), Some("ada"));
    }
}

#[tokio::test]
async fn what_is_published_is_in_the_trace_of_its_request() {
    let (publisher, mut published) = Publisher::reporting();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = TraceHeaders { traceparent: trace.into(), tracestate: "congo=t61rcWkgMzE".into() };
    for given in [Some(&trace), None] {
        let notification = asking(None).read(&sms(json!({}))).unwrap();
        accept(&publisher, notification, "ada", given, NOW).await.unwrap();
        assert_eq!(published.recv().await.unwrap().publisher_properties.trace().as_ref(), given);
    }
}

fn of_id(id: &str) -> Checked {
    Checked { key: key(id), ..asking(None).read(&sms(json!({}))).unwrap() }
}

#[tokio::test]
async fn of_a_batch_each_is_answered_by_itself_and_in_its_order() {
    let (publisher, _published) = Publisher::reporting();
    let too_long = "x".repeat(256);
    let batch = ["first", too_long.as_str(), "last"].map(of_id);
    let answers = accept_all(&publisher, batch.into(), "ada", None, NOW).await;
    let ids: Vec<Result<&str, &str>> = answers
        .iter()
        .map(|answer| match answer {
            Ok(accepted) => Ok(accepted.id.as_str()),
            Err(unconfirmed) => Err(unconfirmed.id.as_str()),
        })
        .collect();
    assert_eq!(ids, [Ok("first"), Err(too_long.as_str()), Ok("last")]);
    let unconfirmed = answers[1].as_ref().unwrap_err();
    assert!(unconfirmed.what_happened().contains("it was not published"), "{unconfirmed:?}");
}

#[test]
fn a_repeat_gives_the_same_bytes_with_its_id_in_the_body_or_from_the_key() {
    let first = asking(Some("order-7")).read(&sms(json!({}))).unwrap();
    let by_key = asking(Some("order-7")).read(&sms(json!({}))).unwrap();
    let by_id = asking(None).read(&sms(json!({"id": first.key.id, "tenant": "acme"}))).unwrap();
    for again in [by_key, by_id] {
        assert_eq!((&again.key, &again.body), (&first.key, &first.body));
    }
    let written: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!((&written["id"], &written["tenant"]), (&json!(first.key.id), &json!("acme")));
}

#[test]
fn the_default_channel_is_published_where_none_was_given_and_a_given_one_as_it_was_written() {
    let sms_by_default = Defaults { channel: ChannelName::parse("sms").ok() };
    let asking = asking(Some("order-7"));
    let rules = Rules { defaults: &sms_by_default, ..asking.rules() };
    let read = |body: &Value| Checked::read(&body.to_string(), "", None, &rules).unwrap();
    let mut without = sms(json!({}));
    without.as_object_mut().unwrap().remove("channel");
    for absent in [without, sms(json!({"channel": null}))] {
        let (first, again) = (read(&absent), read(&absent));
        assert_eq!((&first.key, &first.body), (&again.key, &again.body));
        let by_the_worker = Notification::decode(&first.body, &DEFAULTS).expect("it needs no default");
        assert_eq!(by_the_worker.channel.as_str(), "sms");
    }
    let given = sms(json!({"channel": "SMS"}));
    let written: Value = serde_json::from_slice(&read(&given).body).unwrap();
    assert_eq!(written["channel"], "SMS");
    assert_eq!(read(&given).body, asking.read(&given).unwrap().body, "whatever the default is");
}

#[test]
fn what_is_refused_is_told_by_its_place_and_a_tenant_is_the_callers_own() {
    let asking = asking(Some("order-7"));
    let Err(Refused::Fields(errors)) = asking.read(&sms(json!({"id": "own", "destination": "nobody"}))) else {
        panic!("it is refused");
    };
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/destination", "/id"]);
    let Err(Refused::Fields(errors)) = asking.read(&sms(json!({"tenant": "other", "destination": "nobody"}))) else {
        panic!("it is refused");
    };
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/destination", "/tenant"], "all at once");
    assert!(matches!(Checked::read("[1", "/3", Some(3), &asking.rules()), Err(Refused::Text(_))));
    let own = asking.read(&sms(json!({"tenant": "acme"}))).unwrap();
    assert_eq!(own.key.tenant.as_str(), "acme");
    let foreign = sms(json!({"tenant": "other"})).to_string();
    match Checked::read(&foreign, "/3", None, &asking.rules()) {
        Err(Refused::Tenant { key, error }) => assert_eq!((key, error.pointer.as_str()), (own.key, "/3/tenant")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_id_that_two_items_of_a_batch_have_is_told_at_the_second() {
    let told = repeated_ids(&["a", "b", "a"].map(key));
    assert_eq!(told.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["/2/id"]);
    assert!(told[0].detail.contains("/0/id"), "{told:?}");
}

#[tokio::test]
async fn an_id_is_another_bodys_only_where_the_tenants_ledger_remembers_one() {
    let ledger = ledger().await;
    let store = &ledger.store;
    attempted(store, &key("sent"), false, &Outcome::Captured).await;
    cancel(store, &operator("acme"), "tombstone".into(), &DEFAULTS, &recipients(), NOW).await.unwrap();
    let same = content_of(sms(json!({})).to_string().as_bytes());
    let other = content_of(b"another body");
    let known = async |key: Key, content: Content| is_known_with_another_body(store, &key, &content).await.unwrap();
    assert!(!known(key("sent"), same).await);
    assert!(known(key("sent"), other).await);
    assert!(!known(foreign("sent"), other).await, "it is another tenant's");
    assert!(!known(key("tombstone"), other).await, "a tombstone remembers no body");
    assert!(!known(key("never"), other).await);
}
