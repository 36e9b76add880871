//! Messages without an id, whose worker or scheduler is killed.

use std::time::Duration;

use domain::State;
use e2e::processes::with;
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use lapin::options::BasicGetOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use sqlx::{Executor as _, Row as _};
use store::{DeliveryView, Filter};

use super::{number, received, sms};

/// The killed worker had 12 in hand (three quarters of its 16 places) and more behind them.
const IN_HAND: usize = 12;
const EQUAL: usize = 24;
/// What a process ends with that aborts at a step.
const ABORTED: i32 = 128 + 6;

/// The only delivery of the fleet.
async fn only(fleet: &TestFleet) -> DeliveryView {
    let mut found = fleet.store().deliveries(Filter::default()).await.expect("read").deliveries;
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

async fn a_killed_worker_leaves_equal_messages_to_two_others(database: Database) {
    let provider = Provider::start().await;
    provider.answer(Answer::Hang);
    let settings = [
        ("WORKER_CONCURRENCY", "16"),
        ("PROVIDER_TIMEOUT_SECONDS", "2"),
        ("WORKER_LEASE_SECONDS", "13"),
        ("AMBIGUITY", "sms=resend"),
    ];
    let settings = [provider.settings(), settings.to_vec()].concat();
    let mut fleet = TestFleet::prepare(database, &settings).await.expect("a place");
    let mut killed = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    for _ in 0..EQUAL {
        fleet.publish(sms(&number(0)).to_string(), BasicProperties::default()).await;
    }
    received(&provider, IN_HAND).await;
    assert_eq!(killed.end(Signal::Kill).await, 128 + 9);
    let lost_answers = provider.received().len();
    provider.answer(Answer::Accept);
    let (_one, _two) =
        tokio::join!(Process::ready("worker", &fleet.environment), Process::ready("worker", &fleet.environment));
    let rows = e2e::fleet::until("every message has ended", async || {
        let page = fleet.store().deliveries(Filter::default()).await.ok()?;
        let sent = page.deliveries.iter().filter(|view| view.row.state == State::Sent).count();
        (sent >= EQUAL).then_some(page.deliveries)
    })
    .await;
    e2e::fleet::until("nothing left", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    let ambiguous: usize = rows.iter().map(|view| view.attempts.len() - 1).sum();
    assert_eq!((rows.len(), ambiguous), (EQUAL, lost_answers), "{rows:#?}");
    assert_eq!(provider.count(&number(0)), EQUAL + lost_answers, "none twice in silence");
    fleet.finish().await;
}

#[tokio::test]
async fn a_killed_worker_leaves_equal_messages_to_two_others_with_sqlite() {
    a_killed_worker_leaves_equal_messages_to_two_others(Database::Sqlite).await;
}

#[tokio::test]
async fn a_killed_worker_leaves_equal_messages_to_two_others_with_postgres() {
    a_killed_worker_leaves_equal_messages_to_two_others(Database::Postgres).await;
}

#[tokio::test]
async fn a_worker_that_dies_before_its_acknowledgement_has_made_sure_of_its_row() {
    let provider = Provider::start().await;
    // So long that it must ask again whether the row is still its own.
    provider.answer(Answer::Slow(Duration::from_secs(3)));
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place");
    let dying = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "worker.before_ack:1")]);
    let mut worker = Process::ready("worker", &dying).await;
    fleet.open_store().await;
    fleet.publish(sms(&number(0)).to_string(), BasicProperties::default()).await;
    assert_eq!(worker.ended().await, ABORTED, "{}", worker.output());
    assert_eq!(only(&fleet).await.row.state, State::Sent);
    let held = "SELECT adopted_until - updated_at >= 5000000 FROM deliveries";
    let held: bool = fleet.database().await.fetch_one(held).await.expect("read").get(0);
    assert!(held, "its row is its own for 5 s from then on");
    let _other = Process::ready("worker", &fleet.environment).await;
    e2e::fleet::until("nothing left", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    assert_eq!(provider.requests(), 1, "not sent again");
    fleet.finish().await;
}

/// Hands the only message of a queue out, and loses the connection.
async fn hand_out(fleet: &TestFleet, queue: &str) {
    let url = fleet.sources.get("AMQP_URL").expect("a broker");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("connected");
    let amqp = connection.create_channel().await.expect("a channel");
    e2e::fleet::until("the message", async || {
        amqp.basic_get(queue.into(), BasicGetOptions::default()).await.expect("get")
    })
    .await;
    connection.close(200, "lost".into()).await.expect("closed");
}

#[tokio::test]
async fn a_job_that_every_scheduler_died_with_is_dead_under_the_id_of_its_row() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let dying = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "scheduler.stored_before_ack:1")]);
    let mut scheduler = Process::ready("scheduler", &dying).await;
    fleet.open_store().await;
    let mut body = sms(&number(0));
    body["send_at"] = "2099-01-01T00:00:00Z".into();
    let key = "notifications.key.scheduled";
    fleet.publish_to("notifications.exchange", key, body.to_string(), BasicProperties::default()).await;
    assert_eq!(scheduler.ended().await, ABORTED, "{}", scheduler.output());
    let row = only(&fleet).await.row;
    assert_eq!(row.state, State::Waiting);
    // As if it had died one step earlier.
    assert!(fleet.store().delete_job(&row.key, None).await.expect("deleted"));
    for _ in 1..10 {
        hand_out(&fleet, "notifications.queue.scheduled").await;
    }
    let _other = Process::ready("scheduler", &fleet.environment).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.reason.as_str(), letter.message_id), ("redelivered_too_often", Some(row.key.id.clone())));
    assert_eq!(only(&fleet).await.row.state, State::Dead);
    fleet.finish().await;
}
