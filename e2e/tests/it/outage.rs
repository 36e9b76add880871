//! The broker or the ledger goes away in the middle, and the worker stops in the middle.

use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

fn number(n: usize) -> String {
    format!("+1202555{n:04}")
}

async fn all_sent_once(fleet: &TestFleet, provider: &Provider, count: usize) {
    for n in 0..count {
        let view = fleet.until(&format!("m{n}"), State::Sent).await;
        let copies = provider.count(&number(n));
        assert!(copies == 1 || view.row.ambiguous, "m{n} was sent {copies} times in silence");
    }
}

#[tokio::test]
async fn connections_closed_by_the_broker_lose_and_repeat_nothing() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    for n in 0..200 {
        fleet.notify(&format!("m{n}"), &sms(&number(n))).await;
        if n % 50 == 25 {
            close_connections_of_the_fleet(&fleet).await;
        }
    }
    all_sent_once(&fleet, &provider, 200).await;
    fleet.finish().await;
}

async fn close_connections_of_the_fleet(fleet: &TestFleet) {
    let connections = fleet.manage(reqwest::Method::GET, &format!("vhosts/{}/connections", fleet.vhost), None).await;
    for connection in connections.as_array().into_iter().flatten() {
        let own = connection["client_properties"]["connection_name"].as_str().unwrap_or_default();
        if own.starts_with("chasqui-") {
            let name = connection["name"].as_str().expect("a name").replace(' ', "%20").replace('>', "%3E");
            fleet.manage(reqwest::Method::DELETE, &format!("connections/{name}"), None).await;
        }
    }
}

#[tokio::test]
async fn a_lane_that_is_deleted_comes_back_and_is_consumed_again() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.manage(reqwest::Method::DELETE, &format!("queues/{}/notifications.queue", fleet.vhost), None).await;
    let body = sms(&number(0)).to_string();
    e2e::fleet::until("the queue and its binding again", async || {
        let properties = lapin::BasicProperties::default().with_message_id("m0".into());
        fleet.is_routed("notifications.exchange", "notifications.key", &body, properties).await.then_some(())
    })
    .await;
    all_sent_once(&fleet, &provider, 1).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_ledger_whose_connections_are_cut_comes_back_by_itself() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let services = e2e::services().await;
    let mut postgres = sqlx::PgConnection::connect(&services.postgres).await.expect("connected");
    for n in 0..100 {
        fleet.notify(&format!("m{n}"), &sms(&number(n))).await;
        if n % 25 == 12 {
            let cut =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", fleet.vhost);
            postgres.execute(sqlx::AssertSqlSafe(cut)).await.expect("cut");
        }
    }
    all_sent_once(&fleet, &provider, 100).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_worker_that_stops_finishes_what_it_sends_and_gives_back_the_rest() {
    let provider = Provider::start().await;
    provider.answer(Answer::Slow(std::time::Duration::from_millis(300)));
    let mut fleet =
        TestFleet::start(Database::Sqlite, &[provider.settings(), vec![("WORKER_CONCURRENCY", "16")]].concat()).await;
    for n in 0..80 {
        fleet.notify(&format!("m{n}"), &sms(&number(n))).await;
    }
    e2e::fleet::until("the first sends", async || (!provider.received().is_empty()).then_some(())).await;
    fleet.fleet.take().expect("running").stop().await;
    let before = provider.received().len();
    assert!(before < 80, "the stop came in the middle");
    fleet.run().await.expect("started again");
    all_sent_once(&fleet, &provider, 80).await;
    assert_eq!(provider.received().len(), 80, "none twice");
    fleet.finish().await;
}
