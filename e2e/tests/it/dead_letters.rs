//! Moves out of the dead-letter queue, by the RabbitMQ UI's own request and by get + publish.

use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicRejectOptions};
use serde_json::{Value, json};

const DLQ: &str = "notifications.queue.dlq";

fn sms() -> Value {
    json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"})
}

fn broken() -> Answer {
    Answer::Refuse { status: 503, code: 0, retry_after: None }
}

async fn dead(fleet: &TestFleet, epoch: u32) {
    e2e::fleet::until(&format!("dead in epoch {epoch}"), async || {
        let view = fleet.delivery("moved").await?;
        let dead = view.row.state == State::Dead && view.row.epoch == epoch && fleet.depth(DLQ).await == 1;
        dead.then_some(())
    })
    .await;
}

async fn a_moved_dead_letter_has_a_fresh_budget(database: Database) {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(database, &provider.settings()).await;
    fleet.notify("moved", &sms()).await;
    dead(&fleet, 0).await;
    assert_eq!(provider.received().len(), 4);
    fleet.move_messages(DLQ, "notifications.queue").await;
    dead(&fleet, 1).await;
    assert_eq!(provider.received().len(), 8, "four attempts more, not one");
    provider.answer(Answer::Accept);
    fleet.move_messages(DLQ, "notifications.queue").await;
    let view = fleet.until("moved", State::Sent).await;
    assert_eq!(view.row.epoch, 2);
    assert_eq!(provider.received().len(), 9);
    fleet.finish().await;
}

#[tokio::test]
async fn move_messages_of_the_ui_gives_a_fresh_budget_with_sqlite() {
    a_moved_dead_letter_has_a_fresh_budget(Database::Sqlite).await;
}

#[tokio::test]
async fn move_messages_of_the_ui_gives_a_fresh_budget_with_postgres() {
    a_moved_dead_letter_has_a_fresh_budget(Database::Postgres).await;
}

#[tokio::test]
async fn get_and_publish_without_headers_gives_a_fresh_budget() {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("moved", &sms()).await;
    dead(&fleet, 0).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    provider.answer(Answer::Accept);
    fleet.publish(&letter.body, BasicProperties::default().with_message_id("moved".into())).await;
    let view = fleet.until("moved", State::Sent).await;
    assert_eq!(view.row.epoch, 1);
    assert_eq!(provider.received().len(), 5);
    fleet.finish().await;
}

#[tokio::test]
async fn two_moves_of_one_dead_letter_give_one_budget() {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("moved", &sms()).await;
    dead(&fleet, 0).await;
    // A shovel that crashed between its copy and its acknowledgement leaves the letter and has moved it too.
    let got = fleet.amqp.basic_get(DLQ.into(), BasicGetOptions::default()).await.expect("get").expect("a letter");
    let (body, properties) = (got.delivery.data.clone(), got.delivery.properties.clone());
    for _ in 0..2 {
        fleet.publish_to("", "notifications.queue", &body, properties.clone()).await;
    }
    got.delivery.acker.ack(lapin::options::BasicAckOptions::default()).await.expect("ack");
    e2e::fleet::until("both copies dead in epoch 1", async || {
        let view = fleet.delivery("moved").await?;
        (view.row.state == State::Dead && view.row.epoch == 1 && fleet.depth(DLQ).await == 2).then_some(())
    })
    .await;
    assert_eq!(provider.received().len(), 8, "four attempts more, not eight");
    fleet.take_dead_letters(2).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_message_that_the_broker_itself_dead_lettered_survives_a_retry_after_its_move() {
    let provider = Provider::start().await;
    provider.answer(broken());
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    fleet.run().await.expect("the topology is declared");
    fleet.fleet.take().expect("running").stop().await;
    fleet.notify("moved", &sms()).await;
    let got = e2e::fleet::until("the message", async || {
        fleet.amqp.basic_get("notifications.queue".into(), BasicGetOptions::default()).await.expect("get")
    })
    .await;
    got.delivery.acker.reject(BasicRejectOptions { requeue: false }).await.expect("rejected");
    e2e::fleet::until("dead-lettered by the broker", async || (fleet.depth(DLQ).await == 1).then_some(())).await;
    fleet.run().await.expect("started again");
    fleet.move_messages(DLQ, "notifications.queue").await;
    e2e::fleet::until("a first attempt", async || (!provider.received().is_empty()).then_some(())).await;
    provider.answer(Answer::Accept);
    let view = fleet.until("moved", State::Sent).await;
    assert_eq!(view.row.epoch, 1, "the broker's death counts as a dead letter");
    fleet.finish().await;
}
