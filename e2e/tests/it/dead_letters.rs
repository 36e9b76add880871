//! Moves out of the dead-letter queue, by the RabbitMQ UI's own request and by get + publish.

use std::collections::BTreeMap;

use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};
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

/// As somebody publishes who has taken a letter out of the queue and copied what is written.
fn by_hand(headers: &[(&str, AMQPValue)]) -> BasicProperties {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), value.clone()));
    let headers = FieldTable::from(headers.collect::<BTreeMap<_, _>>());
    BasicProperties::default().with_message_id("moved".into()).with_headers(headers)
}

async fn get_and_publish_with_notify_again(database: Database, copied: &[(&str, AMQPValue)]) {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(database, &provider.settings()).await;
    fleet.notify("moved", &sms()).await;
    dead(&fleet, 0).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    fleet.publish(&letter.body, by_hand(copied)).await;
    dead(&fleet, 1).await;
    assert_eq!(provider.received().len(), 8, "four attempts more");
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.headers["notify-epoch"], json!(1));
    assert!(!letter.headers.contains_key("notify-again"), "it was heard: {:?}", letter.headers);
    provider.answer(Answer::Accept);
    fleet.publish(&letter.body, by_hand(&[("notify-again", AMQPValue::Boolean(true))])).await;
    let view = fleet.until("moved", State::Sent).await;
    assert_eq!(view.row.epoch, 2);
    assert_eq!(provider.received().len(), 9);
    fleet.finish().await;
}

#[tokio::test]
async fn get_and_publish_with_notify_again_gives_a_fresh_budget_with_sqlite() {
    get_and_publish_with_notify_again(Database::Sqlite, &[("notify-again", AMQPValue::Boolean(true))]).await;
}

#[tokio::test]
async fn get_and_publish_with_notify_again_and_its_epoch_gives_a_fresh_budget_with_postgres() {
    let copied = [("notify-again", AMQPValue::LongString("true".into())), ("notify-epoch", AMQPValue::LongLongInt(0))];
    get_and_publish_with_notify_again(Database::Postgres, &copied).await;
}

#[tokio::test]
async fn two_letters_published_by_hand_with_their_epoch_give_one_budget() {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("moved", &sms()).await;
    dead(&fleet, 0).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    let copied = [("notify-again", AMQPValue::Boolean(true)), ("notify-epoch", AMQPValue::LongLongInt(0))];
    fleet.publish(&letter.body, by_hand(&copied)).await;
    dead(&fleet, 1).await;
    fleet.publish(&letter.body, by_hand(&copied)).await;
    e2e::fleet::until("both are back", async || (fleet.depth(DLQ).await == 2).then_some(())).await;
    assert_eq!((fleet.delivery("moved").await.expect("a row").row.epoch, provider.received().len()), (1, 8));
    fleet.take_dead_letters(2).await;
    fleet.finish().await;
}

async fn publishers_own_copies(database: Database) {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=hold")]].concat();
    let fleet = TestFleet::start(database, &settings).await;
    let refused = Answer::Refuse { status: 400, code: 21_211, retry_after: None };
    let ends =
        [("held", Answer::Vanish, State::Held), ("refused", refused, State::Dead), ("spent", broken(), State::Dead)];
    for (id, answer, state) in ends.clone() {
        provider.answer(answer);
        fleet.notify(id, &sms()).await;
        fleet.until(id, state).await;
    }
    e2e::fleet::until("three letters", async || (fleet.depth(DLQ).await == 3).then_some(())).await;
    provider.answer(Answer::Accept);
    for (id, ..) in &ends {
        for _ in 0..3 {
            fleet.notify(id, &sms()).await;
        }
    }
    // The one that was spent came four times.
    acknowledged(&fleet, 1 + 1 + 4 + 9).await;
    assert_eq!(provider.received().len(), 1 + 1 + 4, "nothing was sent again");
    let mut letters: Vec<_> = fleet.take_dead_letters(3).await.into_iter().filter_map(|one| one.message_id).collect();
    letters.sort();
    assert_eq!(letters, ["held", "refused", "spent"]);
    for (id, _, state) in ends {
        let row = fleet.delivery(id).await.expect("a row").row;
        assert_eq!((row.state, row.epoch, row.has_letter), (state, 0, true), "{id}");
    }
    fleet.finish().await;
}

/// Until the lane's messages were acknowledged this often.
async fn acknowledged(fleet: &TestFleet, times: u64) {
    let path = format!("queues/{}/notifications.queue", fleet.vhost);
    e2e::fleet::until(&format!("{times} acknowledgements"), async || {
        let queue = fleet.manage(reqwest::Method::GET, &path, None).await;
        (queue["message_stats"]["ack"].as_u64() >= Some(times)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_publishers_own_copies_of_what_failed_for_good_are_acknowledged_and_no_more_with_sqlite() {
    publishers_own_copies(Database::Sqlite).await;
}

#[tokio::test]
async fn a_publishers_own_copies_of_what_failed_for_good_are_acknowledged_and_no_more_with_postgres() {
    publishers_own_copies(Database::Postgres).await;
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
    e2e::fleet::until("dead in epoch 1, with both copies gone", async || {
        let view = fleet.delivery("moved").await?;
        let mut on_their_way = 0;
        for queue in ["notifications.queue", "notifications.queue.retry.1", "notifications.queue.retry.2"] {
            on_their_way += fleet.depth(queue).await;
        }
        let letters = fleet.depth(DLQ).await;
        (view.row.state == State::Dead && view.row.epoch == 1 && letters > 0 && on_their_way == 0).then_some(())
    })
    .await;
    assert_eq!(provider.received().len(), 8, "four attempts more, not eight");
    fleet.take_dead_letters(1).await;
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
