//! Equal messages without an id, which a killed worker leaves to two others.

use chasqui::private_broker::Signal;
use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use lapin::BasicProperties;
use store::Filter;

use super::{number, received, sms};

/// The killed worker had 12 in hand (three quarters of its 16 places) and more behind them.
const IN_HAND: usize = 12;
const EQUAL: usize = 24;

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
    fleet.open_books().await;
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
