//! The publisher's contract on RabbitMQ 4.0: the same body, ids, retries, dead letters, moves and tenants as on 3.10, on
//! which all other tests run.

use domain::State;
use e2e::fleet::until;
use e2e::provider::{Answer, Provider};
use e2e::rabbitmq4::Rabbitmq4;
use e2e::raw_amqp::{RawProperties, RawPublisher, nested_header};
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use serde_json::{Value, json};

use crate::tenants;

const NUMBER: &str = "+12025550143";
const DLQ: &str = "notifications.queue.dlq";

/// As the oldest publishers write it.
fn four_fields(channel: &str, destination: &str, message: &str) -> Value {
    json!({"channel": channel, "destination": destination, "subject": "Order", "message": message})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_rabbitmq_4() {
    let Some(node) = Rabbitmq4::start().await.expect("a node of RabbitMQ 4") else { return };
    assert!(node.version().await.expect("its version").starts_with("4."));
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("SANDBOX", "missing")]].concat();
    let fleet = TestFleet::start_on(node.services(), Database::Sqlite, &settings).await;
    every_channel_and_lane(&fleet, &provider).await;
    retries_and_a_move(&fleet, &provider).await;
    what_no_library_publishes(&fleet, &provider).await;
    fleet.finish().await;
    tenants_by_user(&node).await;
}

async fn tenants_by_user(node: &Rabbitmq4) {
    let provider = Provider::start().await;
    let settings = [provider.settings(), tenants::SETTINGS.to_vec()].concat();
    let fleet = TestFleet::start_on(node.services(), Database::Sqlite, &settings).await;
    tenants::each_user_has_a_tenant(&fleet, &provider).await;
    fleet.finish().await;
}

async fn every_channel_and_lane(fleet: &TestFleet, provider: &Provider) {
    for (channel, destination, ends) in [
        ("sms", NUMBER, State::Sent),
        ("whatsapp", NUMBER, State::Sent),
        ("email", "ana@example.com", State::Captured),
        ("push", "device-token-0123456789", State::Captured),
    ] {
        let body = four_fields(channel, destination, "Hola");
        for _ in 0..2 {
            fleet.notify(channel, &body).await;
        }
        fleet.until(channel, ends).await;
    }
    for lane in ["urgent", "bulk"] {
        let body = four_fields("sms", NUMBER, lane).to_string();
        let key = format!("notifications.key.{lane}");
        let properties = BasicProperties::default().with_message_id(lane.into());
        fleet.publish_to("notifications.exchange", &key, &body, properties).await;
        fleet.until(lane, State::Sent).await;
    }
    assert_eq!(provider.received().len(), 4, "each id once, however often it was published");
    for _ in 0..2 {
        fleet.publish(four_fields("sms", NUMBER, "no id").to_string(), BasicProperties::default()).await;
    }
    until("both without an id", async || (provider.received().len() == 6).then_some(())).await;
}

async fn retries_and_a_move(fleet: &TestFleet, provider: &Provider) {
    provider.answer(Answer::Refuse { status: 503, code: 20_503, retry_after: None });
    let before = provider.received().len();
    fleet.notify("retried", &four_fields("sms", NUMBER, "again")).await;
    fleet.until("retried", State::Dead).await;
    until("one dead letter", async || (fleet.depth(DLQ).await == 1).then_some(())).await;
    assert_eq!(provider.received().len() - before, 4);
    provider.answer(Answer::Accept);
    fleet.move_messages(DLQ, "notifications.queue").await;
    let moved = fleet.until("retried", State::Sent).await;
    assert_eq!((moved.row.epoch, provider.received().len() - before), (1, 5));
}

async fn what_no_library_publishes(fleet: &TestFleet, provider: &Provider) {
    let before = provider.received().len();
    let url = fleet.sources.get("AMQP_URL").expect("a broker");
    let mut raw = RawPublisher::connect(&url).await.expect("connected");
    let body = four_fields("sms", NUMBER, "raw").to_string();
    let latin_1 = RawProperties { message_id: b"caf\xe9".to_vec(), headers: Vec::new() };
    let deep = RawProperties { message_id: b"deep".to_vec(), headers: nested_header("deep", 10_000) };
    for properties in [&latin_1, &deep] {
        raw.publish("notifications.exchange", "notifications.key", properties, body.as_bytes())
            .await
            .expect("confirmed");
    }
    fleet.until("deep", State::Sent).await;
    fleet.publish("not JSON", BasicProperties::default()).await;
    let mut letters = fleet.take_dead_letters(2).await;
    letters.sort_by_key(|letter| letter.body == b"not JSON");
    assert!(letters.iter().all(|letter| letter.reason == "decode_error"));
    assert!(letters[0].error.contains("not UTF-8") && letters[1].error.contains("JSON"), "{letters:?}");
    assert_eq!(provider.received().len() - before, 1);
}
