//! Several processes of a role at the same work.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::Clock;
use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use embedded::Signal;

use super::{all_sent, number, publish, publish_jobs};

#[tokio::test]
async fn two_workers_and_two_schedulers_send_everything_exactly_once() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place");
    let (one, two, three, four) = tokio::join!(
        Process::ready("worker", &fleet.environment),
        Process::ready("worker", &fleet.environment),
        Process::ready("scheduler", &fleet.environment),
        Process::ready("scheduler", &fleet.environment),
    );
    fleet.open_store().await;
    let due = SystemClock.now().plus(Duration::from_secs(4)).to_string();
    publish_jobs(&fleet, 300..400, &due).await;
    publish(&fleet, 0..300).await;
    all_sent(&fleet, &provider, 0..400).await;
    for n in 0..400 {
        assert_eq!(provider.count(&number(n)), 1, "m{n}");
    }
    for mut process in [one, two, three, four] {
        assert_eq!(process.end(Signal::Term).await, 0, "{}", process.output());
    }
    assert_eq!(provider.received().len(), 400);
    fleet.finish().await;
}

async fn five_migrations_at_once(database: Database) {
    let fleet = TestFleet::prepare(database, &[]).await.expect("a place");
    // Without the other settings: migrating needs the ledger only.
    let environment: Vec<_> = fleet.environment.iter().filter(|(name, _)| name == "DATABASE_URL").cloned().collect();
    let environment = with(&environment, &[("LOG", "debug")]);
    let migrate = async || run(&["migrate"], &environment).await;
    let (one, two, three, four, five) = tokio::join!(migrate(), migrate(), migrate(), migrate(), migrate());
    let ended = [one, two, three, four, five];
    assert!(ended.iter().all(|(code, said)| *code == 0 && said.contains("up to date")), "{ended:#?}");
    let idle = ended.iter().filter(|(_, said)| said.starts_with("0 migrations applied")).count();
    assert_eq!(idle, 4, "one did the work: {ended:#?}");
    fleet.remove().await;
}

#[tokio::test]
async fn five_migrations_at_once_are_one_with_sqlite() {
    five_migrations_at_once(Database::Sqlite).await;
}

#[tokio::test]
async fn five_migrations_at_once_are_one_with_postgres() {
    five_migrations_at_once(Database::Postgres).await;
}
