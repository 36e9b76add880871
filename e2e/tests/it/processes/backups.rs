//! A ledger that was backed up while it was in use, and restored elsewhere, as docs/operations.md says.

use std::path::Path;

use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet, postgres, services};
use embedded::Signal;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use testkit::postgres::{create_database, drop_database};
use tokio::process::Command;

use super::{all_sent, number, publish, set_up};

fn restored_name(fleet: &TestFleet) -> String {
    format!("{}_restored", fleet.vhost)
}

/// Gives the URL of the copy.
async fn back_up_and_restore(fleet: &TestFleet, database: Database, folder: &Path) -> String {
    let (_, url) = fleet.environment.iter().find(|(name, _)| name == "DATABASE_URL").expect("a ledger");
    match database {
        Database::Sqlite => {
            let copy = folder.join("copy.db");
            let mut ledger = SqliteConnection::connect(url).await.expect("it opens");
            let sql = format!("VACUUM INTO '{}'", copy.display());
            ledger.execute(AssertSqlSafe(sql)).await.expect("copied");
            format!("sqlite:{}", copy.display())
        }
        Database::Postgres => {
            let copy = folder.join("copy.dump").display().to_string();
            call("pg_dump", &["--format=custom", "--file", &copy, "--dbname", url]).await;
            let server = &services().await.postgres;
            let restored = create_database(server, &restored_name(fleet), "").await.expect("a database");
            call("pg_restore", &["--exit-on-error", "--dbname", &restored, &copy]).await;
            restored
        }
    }
}

async fn call(program: &str, words: &[&str]) {
    let program = postgres::program(program).expect("it was installed with the server");
    let output = Command::new(program).args(words).output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// How many copies a worker has recognised.
async fn recognised(worker: &Process) -> f64 {
    let metrics = worker.metrics().await;
    let counters = metrics.lines().filter(|line| line.starts_with("chasqui_copies_total{"));
    counters.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

async fn a_restored_ledger_knows_what_was_sent(database: Database) {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(database, &provider.settings()).await.expect("a place");
    set_up(&mut fleet).await;
    let mut worker = Process::ready("worker", &fleet.environment).await;
    publish(&fleet, 0..3).await;
    all_sent(&fleet, &provider, 0..3).await;
    let folder = tempfile::tempdir().expect("a folder");
    let restored = back_up_and_restore(&fleet, database, folder.path()).await;
    assert_eq!(worker.end(Signal::Term).await, 0, "{}", worker.output());

    let environment = with(&fleet.environment, &[("DATABASE_URL", &restored)]);
    let worker = Process::ready("worker", &environment).await;
    publish(&fleet, 0..4).await;
    e2e::fleet::until("what was sent before is recognised", async || (recognised(&worker).await >= 3.0).then_some(()))
        .await;
    e2e::fleet::until("what is new is sent", async || (provider.count(&number(3)) > 0).then_some(())).await;
    for n in 0..4 {
        assert_eq!(provider.count(&number(n)), 1, "{n}");
    }
    let (code, said) = run(&["stuck", "--older-than", "10m"], &environment).await;
    assert_eq!(code, 0, "{said}");
    drop(worker);
    if database == Database::Postgres {
        let server = &services().await.postgres;
        drop_database(server, &restored_name(&fleet)).await.expect("dropped");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_ledger_of_sqlite_that_was_restored_knows_what_was_sent() {
    a_restored_ledger_knows_what_was_sent(Database::Sqlite).await;
}

#[tokio::test]
async fn a_ledger_of_postgres_that_was_restored_knows_what_was_sent() {
    a_restored_ledger_knows_what_was_sent(Database::Postgres).await;
}
