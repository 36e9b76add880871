//! Bodies that nobody would write, from decoding to the decision: nothing panics, and what is read keeps its limits.
//!
//! `CHASQUI_FUZZ_CASES=1000000` tries more.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::fields::MAX_DESTINATION_BYTES;
use super::*;
use crate::samples::{NOW, failure, interactive, key, policy};
use crate::{
    Arrival, FirstSight, Headers, Lane, Outcome, RecipientHasher, State, Ways, child_body, content_of, decide,
};
use text::{check_subject, is_unsafe_in_a_line};

const CASES: u32 = 50_000;

fn whole() -> Value {
    json!({
        "channel": "email", "destination": "ana@example.com", "subject": "Hola", "message": "Qué tal",
        "id": "d-1", "template": "otp", "data": {"code": "1", "list": [1, {"x": null}]}, "priority": "high",
        "send_at": "2026-03-01T09:00:00-03:00", "ttl_seconds": 60, "version": 1,
        "fallback": [{"channel": "sms", "destination": "+549", "message": "\u{1f389}", "when": "undelivered",
                      "after_seconds": 30}],
        "interactive": interactive("email", "ana@example.com").to_value()
    })
}

/// A valid body with a few bytes replaced, removed or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let whole = whole().to_string().into_bytes();
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..8);
    changes.prop_map(move |changes| {
        let mut bytes = whole.clone();
        for (at, change, byte) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, byte),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    })
}

/// Any JSON, often with values that mean something to the decoder.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "\\PC{0,6}".prop_map(Value::String),
        "[a-z0-9@+\r\n\u{0}\u{85}\u{202e}. _-]{0,8}".prop_map(Value::String),
        prop::sample::select(vec![
            json!("sms"),
            json!("EMAIL"),
            json!("ana@example.com"),
            json!("+54911"),
            json!("urgent"),
            json!("otp"),
            json!("2026-03-01T09:00:00-03:00"),
            json!("9999-12-31T23:59:60Z"),
            json!("0000-01-01T00:00:00+23:59"),
        ]),
    ];
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..3_u64).prop_map(Value::from),
    ];
    let leaf = prop_oneof![3 => text, 2 => number, 1 => any::<bool>().prop_map(Value::from), 1 => Just(Value::Null)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// The name of a field, mostly one that the decoder knows.
fn name() -> impl Strategy<Value = String> {
    let known = [FIELDS.as_slice(), &OF_THE_FLEET].concat();
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,3}"]
}

/// The valid body with any JSON in some of its fields.
fn odd_fields() -> impl Strategy<Value = Vec<u8>> {
    let whole = whole();
    proptest::collection::vec((name(), value()), 1..5).prop_map(move |fields| {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().extend(fields);
        body.to_string().into_bytes()
    })
}

/// Lists and objects around each other, closed or not.
fn deep() -> impl Strategy<Value = Vec<u8>> {
    let depth = prop_oneof![8 => 0..300_usize, 1 => 300..3_000_usize];
    (depth, any::<bool>(), any::<bool>()).prop_map(|(depth, objects, closed)| {
        let (open, close) = if objects { (r#"{"data":"#, "}") } else { ("[", "]") };
        let close = if closed { close.repeat(depth) } else { String::new() };
        format!(
            r#"{{"channel":"sms","destination":"+549","message":"m","data":{{"a":{}1{close}}}}}"#,
            open.repeat(depth)
        )
        .into_bytes()
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..48);
    prop_oneof![2 => bytes, 5 => mutated(), 4 => odd_fields(), 1 => deep()]
}

/// Does with a body what a worker does with it, up to the decision.
fn walk(body: &[u8]) -> Result<(), TestCaseError> {
    let Ok(read) = Notification::decode(body, &Defaults { channel: None }) else { return Ok(()) };
    prop_assert!((1..=MAX_DESTINATION_BYTES).contains(&read.destination.len()));
    let lines = [&read.id, &Some(read.destination.clone())];
    prop_assert!(lines.into_iter().flatten().all(|line| !line.chars().any(is_unsafe_in_a_line)), "{:?}", read);
    prop_assert!(read.wording.subject.as_deref().is_none_or(|subject| check_subject(subject).is_ok()), "{:?}", read);
    prop_assert!(read.wording.message.is_some() || read.wording.template.is_some());
    let arrival = Arrival::new(key("d-1"), content_of(body), &Headers::default(), false);
    let row = FirstSight {
        arrival: &arrival,
        notification: &read,
        fingerprint: None,
        parent: None,
        published_at: None,
        hasher: &RecipientHasher::new(b"secret"),
        token: Uuid::nil(),
        lane: Lane::Normal,
        now: NOW,
    }
    .row();
    prop_assert!(row.is_first());
    let outcomes = [
        Outcome::Deferred { due: read.send_at.unwrap_or(NOW) },
        Outcome::Ambiguous { failure: failure() },
        Outcome::Throttled { failure: failure(), retry_after: Some(Duration::MAX) },
        Outcome::Permanent { reason: Reason::Permanent, failure: failure() },
    ];
    for outcome in outcomes {
        let ways = Ways { has_fallback: read.has_fallback(), ..Ways::default() };
        let decided = decide(&row, ways, &outcome, &policy(), NOW).escalating(read.escalation());
        prop_assert_ne!(decided.row.state, State::Sending);
    }
    if let Some(interactive) = &read.interactive {
        let again = Interactive::read(&interactive.to_value());
        prop_assert_eq!(again.as_ref(), Ok(interactive));
    }
    let child = child_body(&row.key, body, row.expires_at);
    prop_assert_eq!(child.is_some(), read.has_fallback());
    if let Some(child) = child {
        let child = Notification::decode(&child, &Defaults { channel: None });
        prop_assert!(child.is_ok(), "{:?}", child);
        prop_assert_eq!(&child.unwrap().interactive, &read.fallback[0].interactive);
    }
    Ok(())
}

fn cases() -> u32 {
    std::env::var("CHASQUI_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_makes_the_decoder_the_decision_or_the_child_panic(body in body()) {
        walk(&body)?;
    }
}
