//! What cannot be delivered: to the dead-letter queue after one delivery, with a reason that the
//! RabbitMQ UI shows, and the queue moves on.

use domain::State;
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::json;

/// A name, the body, the reason that is expected, and a word of its error.
fn bodies() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let sms = |extra: serde_json::Value| {
        let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        body.to_string().into_bytes()
    };
    let mut gzip = vec![0x1f, 0x8b, 8, 0];
    gzip.extend([0; 20]);
    let deep = format!("{}1{}", r#"{"data":"#.repeat(10_000), "}".repeat(10_000));
    vec![
        ("not JSON", b"{not json".to_vec(), "decode_error", "JSON"),
        ("empty", Vec::new(), "decode_error", "empty"),
        ("null", b"null".to_vec(), "decode_error", "object"),
        ("a list", b"[]".to_vec(), "decode_error", "object"),
        ("gzip", gzip, "decode_error", "gzip"),
        ("not UTF-8", b"{\"message\":\"\xff\xfe\"}".to_vec(), "decode_error", "UTF-8"),
        (
            "a lone surrogate",
            br#"{"channel":"sms","destination":"+1","message":"\ud800"}"#.to_vec(),
            "decode_error",
            "",
        ),
        ("ten thousand levels", deep.into_bytes(), "decode_error", "recursion"),
        (
            "a field twice",
            br#"{"channel":"sms","channel":"email","destination":"a"}"#.to_vec(),
            "decode_error",
            "twice",
        ),
        ("a number without end", br#"{"channel":"sms","data":{"n":1e400}}"#.to_vec(), "decode_error", "number"),
        ("no recipient", br#"{"channel":"sms","message":"Hola"}"#.to_vec(), "decode_error", "/destination"),
        ("many recipients", sms(json!({"destination": ["+1", "+2"]})), "decode_error", "one item per recipient"),
        ("a line break in the subject", sms(json!({"subject": "a\r\nBcc: x@example.com"})), "decode_error", "/subject"),
        ("turned text", sms(json!({"destination": "+1202555\u{202e}0143"})), "decode_error", "/destination"),
        ("NUL in the message", sms(json!({"message": "a\0b"})), "decode_error", "/message"),
        ("a bad tenant", sms(json!({"tenant": "no spaces allowed"})), "decode_error", "/tenant"),
        ("a version of the future", sms(json!({"version": 2})), "unsupported", "/version"),
        ("an unknown channel", sms(json!({"channel": "fax"})), "unsupported", "known"),
        ("not a number", sms(json!({"destination": "call me"})), "permanent", "/destination"),
        (
            "an address literal",
            json!({"channel": "email", "destination": "a@[127.0.0.1]", "message": "Hola"}).to_string().into_bytes(),
            "permanent",
            "/destination",
        ),
    ]
}

async fn poison_among_good_messages(database: Database) {
    let fleet = TestFleet::start(database, &[("SANDBOX", "all")]).await;
    let good = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    let bodies = bodies();
    for (at, (name, body, ..)) in bodies.iter().enumerate() {
        for n in 0..5 {
            fleet.notify(&format!("good-{at}-{n}"), &good).await;
        }
        fleet.publish(body, BasicProperties::default().with_message_id((*name).into())).await;
    }
    let letters = fleet.take_dead_letters(bodies.len()).await;
    for (name, body, reason, word) in &bodies {
        let letter = letters.iter().find(|letter| letter.message_id.as_deref() == Some(*name)).expect(name);
        assert_eq!(letter.reason, *reason, "{name}: {}", letter.error);
        assert!(letter.error.contains(word), "{name}: {}", letter.error);
        assert_eq!(&letter.body, body, "{name}: the body is kept as it was");
    }
    for at in 0..bodies.len() {
        for n in 0..5 {
            fleet.until(&format!("good-{at}-{n}"), State::Captured).await;
        }
    }
    fleet.finish().await;
}

#[tokio::test]
async fn poison_ends_in_the_dead_letter_queue_and_the_queue_moves_on_with_sqlite() {
    poison_among_good_messages(Database::Sqlite).await;
}

#[tokio::test]
async fn poison_ends_in_the_dead_letter_queue_and_the_queue_moves_on_with_postgres() {
    poison_among_good_messages(Database::Postgres).await;
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let body = json!({"channel": 5, "destination": "", "message": 7, "priority": "soon", "send_at": "tomorrow"});
    fleet.notify("all-wrong", &body).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    for field in ["/channel", "/destination", "/message", "/priority", "/send_at"] {
        assert!(letter.error.contains(field), "{field} is not in {}", letter.error);
    }
    fleet.finish().await;
}

#[tokio::test]
async fn foreign_and_absurd_headers_are_no_reason_to_fail() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let values = [
        AMQPValue::LongString("four".into()),
        AMQPValue::LongLongInt(-1),
        AMQPValue::LongLongInt(i64::MAX),
        AMQPValue::Boolean(true),
        AMQPValue::Double(1.5),
        AMQPValue::Timestamp(u64::MAX),
        AMQPValue::Void,
        AMQPValue::FieldTable(FieldTable::default()),
    ];
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"}).to_string();
    for (at, value) in values.iter().enumerate() {
        let mut headers = FieldTable::default();
        for name in ["notify-attempt", "notify-epoch", "notify-seq", "notify-due", "x-attempt", "tracestate"] {
            headers.insert(name.into(), value.clone());
        }
        let properties = BasicProperties::default()
            .with_message_id(format!("absurd-{at}").into())
            .with_content_type("text/plain".into())
            .with_expiration("600000".into())
            .with_headers(headers);
        fleet.publish(&body, properties).await;
    }
    for at in 0..values.len() {
        fleet.until(&format!("absurd-{at}"), State::Sent).await;
    }
    assert_eq!(provider.received().len(), values.len());
    fleet.finish().await;
}

#[tokio::test]
async fn gzip_named_by_its_content_encoding_is_refused() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"}).to_string();
    let properties = BasicProperties::default().with_message_id("packed".into()).with_content_encoding("gzip".into());
    fleet.publish(body, properties).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "decode_error");
    assert!(letter.error.contains("content_encoding"), "{}", letter.error);
    fleet.finish().await;
}
