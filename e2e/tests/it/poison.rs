//! What cannot be delivered: to the dead-letter queue after one delivery, with a reason that the
//! RabbitMQ UI shows, and the queue moves on.

mod table;

use std::collections::BTreeMap;

use domain::State;
use e2e::fleet::until;
use e2e::provider::{Answer, Provider};
use e2e::raw_amqp::{RawProperties, RawPublisher, nested_header, text_header};
use e2e::{Database, TestFleet};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::json;

use self::table::poison;

const GOOD: usize = 10_000;

fn number(n: usize) -> String {
    format!("+1202{:07}", 5_000_000 + n)
}

/// Good messages, a few with headers that no honest publisher sends, and the poison evenly among them.
fn good_and_poison() -> Vec<(Vec<u8>, BasicProperties)> {
    let absurd = absurd_properties();
    let poison = poison();
    let mut messages = Vec::new();
    for n in 0..GOOD {
        let body = json!({"channel": "sms", "destination": number(n), "message": "Hola"}).to_string();
        let properties = if n % 10 == 0 { absurd[n / 10 % absurd.len()].clone() } else { BasicProperties::default() };
        messages.push((body.into_bytes(), properties.with_message_id(format!("good-{n}").into())));
        if n % (GOOD / poison.len()) == 0
            && let Some(bad) = poison.get(n * poison.len() / GOOD)
        {
            messages.push((bad.body.clone(), bad.properties.clone()));
        }
    }
    let count = messages.len() - GOOD;
    messages.extend(poison.into_iter().skip(count).map(|bad| (bad.body, bad.properties)));
    messages
}

/// Every delivery by the broker was the first: nothing was handed back or lost on the way.
async fn each_was_delivered_once(fleet: &TestFleet, messages: usize) {
    let path = format!("queues/{}/notifications.queue", fleet.vhost);
    let counts = until("every acknowledgement is counted", async || {
        let mut queue = fleet.manage(Method::GET, &path, None).await;
        let counts = queue["message_stats"].take();
        (counts["ack"].as_u64() >= Some(messages as u64)).then_some(counts)
    })
    .await;
    assert_eq!(counts["redeliver"].as_u64().unwrap_or(0), 0, "{counts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_kinds_of_poison_among_10_000_good_messages_harm_only_themselves() {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("SANDBOX", "missing")]].concat();
    let fleet = TestFleet::start(Database::Postgres, &settings).await;
    let messages = good_and_poison();
    let count = messages.len();
    assert_eq!(count, GOOD + poison().len());
    fleet.publish_all(messages).await;
    for thousands in 1..=GOOD / 1_000 {
        until(&format!("{thousands} thousand at the provider"), async || {
            (provider.requests() >= thousands * 1_000).then_some(())
        })
        .await;
    }
    let letters = fleet.take_dead_letters(poison().len()).await;
    for bad in poison() {
        let of_it: Vec<_> = letters.iter().filter(|letter| letter.body == bad.body).collect();
        let [letter] = of_it[..] else { panic!("{}: {} dead letters", bad.name, of_it.len()) };
        assert_eq!(letter.reason, bad.reason, "{}: {}", bad.name, letter.error);
        assert!(letter.error.contains(bad.word), "{}: {}", bad.name, letter.error);
    }
    each_was_delivered_once(&fleet, count).await;
    let mut received = BTreeMap::<String, usize>::new();
    for request in provider.received() {
        *received.entry(request.to).or_default() += 1;
    }
    assert_eq!(received, (0..GOOD).map(|n| (number(n), 1)).collect(), "every good one once, and no other");
    fleet.finish().await;
}

#[tokio::test]
async fn poison_ends_in_the_dead_letter_queue_and_the_queue_moves_on_with_sqlite() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let messages = poison().into_iter().map(|bad| (bad.body, bad.properties)).collect();
    fleet.publish_all(messages).await;
    fleet.notify("good", &json!({"channel": "sms", "destination": number(0), "message": "Hola"})).await;
    fleet.until("good", State::Captured).await;
    let mut letters =
        fleet.take_dead_letters(poison().len()).await.into_iter().map(|letter| letter.reason).collect::<Vec<_>>();
    let mut expected: Vec<_> = poison().into_iter().map(|bad| bad.reason).collect();
    letters.sort();
    expected.sort_unstable();
    assert_eq!(letters, expected);
    fleet.finish().await;
}

#[tokio::test]
async fn ten_megabytes_are_refused_by_the_broker_and_what_has_expired_is_not_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let url = fleet.sources.get("AMQP_URL").expect("a broker");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("connected");
    let amqp = connection.create_channel().await.expect("a channel");
    amqp.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    let (exchange, key) = ("notifications.exchange".into(), "notifications.key".into());
    let body = vec![b' '; 10_000_000];
    let options = BasicPublishOptions::default();
    let refused = match amqp.basic_publish(exchange, key, options, &body, BasicProperties::default()).await {
        Ok(confirm) => confirm.await.expect_err("refused").to_string(),
        Err(error) => error.to_string(),
    };
    assert!(refused.contains("PRECONDITION"), "{refused}");
    let old = json!({
        "channel": "sms", "destination": number(0), "message": "Hola", "expires_at": "2020-01-01T00:00:00Z"
    });
    fleet.notify("old", &old).await;
    fleet.until("old", State::Expired).await;
    assert!(provider.received().is_empty());
    let _ = connection.close(200, "done".into()).await;
    fleet.finish().await;
}

#[tokio::test]
async fn headers_nested_ten_thousand_deep_and_names_in_latin_1_harm_nothing() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let mut raw = RawPublisher::connect(&fleet.sources.get("AMQP_URL").expect("a broker")).await.expect("connected");
    let body = |n: usize| json!({"channel": "sms", "destination": number(n), "message": "Hola"}).to_string();
    let with = |message_id: &[u8], headers: Vec<u8>| RawProperties { message_id: message_id.to_vec(), headers };
    let messages = [
        with(b"deep", nested_header("deep", 10_000)),
        with(b"deepest", nested_header("deep", 26_000)),
        with(b"pedido-\xf1", Vec::new()),
        with(b"latin-header", text_header(b"se\xf1or", b"se\xf1or")),
        with(b"good", Vec::new()),
    ];
    for (n, properties) in messages.iter().enumerate() {
        raw.publish("notifications.exchange", "notifications.key", properties, body(n).as_bytes())
            .await
            .expect("published");
    }
    for id in ["deep", "deepest", "latin-header", "good"] {
        fleet.until(id, State::Sent).await;
    }
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.reason.as_str(), &letter.body[..]), ("decode_error", body(2).as_bytes()));
    assert!(letter.error.contains("message_id") && letter.error.contains("not UTF-8"), "{}", letter.error);
    assert_eq!(provider.received().len(), 4);
    let retried = with(b"retried", nested_header("deep", 10_000));
    provider.answer(Answer::Refuse { status: 503, code: 20_503, retry_after: None });
    raw.publish("notifications.exchange", "notifications.key", &retried, body(9).as_bytes()).await.expect("published");
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some("retried"), "exhausted"));
    fleet.finish().await;
}

#[tokio::test]
async fn a_message_id_that_acts_on_a_terminal_is_refused_with_a_reason_that_does_not() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let body = json!({"channel": "sms", "destination": number(0), "message": "Hola"}).to_string();
    let ids =
        ["a\nb", "a\rb", "a\u{1b}[2J", "a\u{7f}", "a\u{85}", "a\u{202e}b", "a\u{2028}b", "a\u{2066}b", "\u{feff}a"];
    for id in ids {
        fleet.publish(&body, BasicProperties::default().with_message_id(id.into())).await;
    }
    for letter in fleet.take_dead_letters(ids.len()).await {
        assert_eq!(letter.reason, "decode_error");
        assert!(
            letter.error.contains("message_id must not contain the ") && letter.error.contains(" character U+"),
            "{}",
            letter.error
        );
        assert!(!letter.error.chars().any(domain::acts), "{:?}", letter.error);
        assert!(ids.contains(&letter.message_id.as_deref().expect("its id")), "{:?}", letter.message_id);
    }
    fleet.finish().await;
}

/// Properties and headers of every AMQP type where ours are numbers and names: as good as none.
fn absurd_properties() -> Vec<BasicProperties> {
    let values = [
        AMQPValue::LongString("four".into()),
        AMQPValue::LongString(b"notificaci\xf3n".as_slice().into()),
        AMQPValue::ShortShortInt(-1),
        AMQPValue::LongInt(-70_000),
        AMQPValue::LongLongInt(-1),
        AMQPValue::LongLongInt(i64::MAX),
        AMQPValue::Boolean(true),
        // Not a NaN: RabbitMQ ends the connection of whoever publishes one.
        AMQPValue::Float(0.5),
        AMQPValue::Double(1.5),
        AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 150 }),
        AMQPValue::Timestamp(u64::MAX),
        AMQPValue::Void,
        AMQPValue::ByteArray(ByteArray::from(vec![0, 255])),
        AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::Void])),
        AMQPValue::FieldTable(FieldTable::default()),
    ];
    let of = |value: &AMQPValue| {
        let mut headers = FieldTable::default();
        for name in ["notify-attempt", "notify-epoch", "notify-seq", "notify-due", "x-attempt", "tracestate"] {
            headers.insert(name.into(), value.clone());
        }
        BasicProperties::default()
            .with_content_type("text/plain".into())
            .with_expiration("600000".into())
            .with_headers(headers)
    };
    values.iter().map(of).collect()
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
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"}).to_string();
    for (at, properties) in absurd_properties().into_iter().enumerate() {
        fleet.publish(&body, properties.with_message_id(format!("absurd-{at}").into())).await;
    }
    for at in 0..absurd_properties().len() {
        fleet.until(&format!("absurd-{at}"), State::Sent).await;
    }
    assert_eq!(provider.received().len(), absurd_properties().len());
    fleet.finish().await;
}
