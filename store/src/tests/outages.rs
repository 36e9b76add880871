//! A database that goes away or is locked: nothing is lost, nothing is half written, and it comes back.

use std::time::{Duration, Instant};

use crate::{Claimed, MigrateError, Recorded, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::tests::database::{Database, HOUR, arrival, candidate, clock, decide, key, sent};

/// Repeats a move as a worker would, until it succeeds. Panics after half a minute.
async fn until_written<T>(mut attempt: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) if error.is_unavailable() && begun.elapsed() < Duration::from_secs(30) => {
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_postgres_terminates_are_replaced() {
    let db = Database::postgres().await;
    let store = db.store().await;
    let mut admin = PgConnection::connect(&db.url()).await.unwrap();
    for n in 0..20 {
        let id = format!("delivery {n}");
        let candidate = candidate(&id);
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        admin.execute(kill).await.unwrap();
        let claimed = until_written(async || store.claim(candidate.clone(), &arrival(&id), HOUR).await).await;
        let row = crate::tests::ledger::taken(claimed);
        admin.execute(kill).await.unwrap();
        let transition = decide(&row, &sent());
        let recorded = until_written(async || store.record(&transition, None).await).await;
        assert!(matches!(recorded, Recorded::Written | Recorded::Repeated), "{recorded:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_changed_meanwhile_is_read_again() {
    let db = Database::postgres().await;
    let store = db.store().await;
    // The writer's own connection reads a known id, a connection of the pool reads the list.
    let known = candidate("known");
    let (claim, list) = (
        async || store.claim(known.clone(), &arrival("known"), HOUR).await,
        async || store.deliveries(crate::Filter::default()).await,
    );
    for collation in ["default", "C", "default"] {
        for _ in 0..3 {
            until_written(&claim).await;
            assert_eq!(until_written(&list).await.deliveries.len(), 1);
        }
        db.execute(&format!("ALTER TABLE deliveries ALTER COLUMN id TYPE text COLLATE \"{collation}\"")).await;
    }
    until_written(claim).await;
    until_written(list).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_unavailable() {
    let options = crate::Options::new("postgres://nobody@127.0.0.1:1/none".to_owned().into(), 10, clock());
    let store = Store::connect(options).await.unwrap();
    let claimed = store.claim(candidate("away"), &arrival("away"), HOUR).await;
    assert!(matches!(claimed, Err(StoreError::Unavailable(_))), "{claimed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_or_a_user_that_there_is_not_is_told_with_what_to_do_and_is_not_waited_for() {
    let db = Database::postgres().await;
    let url = db.url();
    let (place, _) = url.rsplit_once('/').unwrap();
    let (_, server) = place.rsplit_once('@').unwrap_or(("", place.trim_start_matches("postgres://")));
    let server = server.trim_start_matches("postgresql://");
    for (url, words) in [
        (format!("{place}/nowhere_at_all"), "make it with `createdb`"),
        (format!("postgres://nobody_at_all:x@{server}/postgres"), "in DATABASE_URL"),
    ] {
        let options = crate::Options::new(url.into(), 10, clock());
        let error = Store::connect(options).await.unwrap().migrate().await.unwrap_err();
        assert!(matches!(error, MigrateError::NotLetIn(_)), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("_at_all\"") && told.contains(words) && !told.contains("at line"), "{told}");
    }
    let options = crate::Options::new("postgres://nobody@127.0.0.1:1/none".to_owned().into(), 10, clock());
    let error = Store::connect(options).await.unwrap().migrate().await.unwrap_err();
    assert!(matches!(error, MigrateError::Store(StoreError::Unavailable(_))), "it may come: {error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_table_refuses_nobody() {
    let db = Database::sqlite();
    let claimed = db.open().await.claim(candidate("early"), &arrival("early"), HOUR).await;
    assert!(matches!(claimed, Err(StoreError::Unavailable(_))), "{claimed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_read_only_answers_and_is_known_to_take_nothing() {
    let db = Database::postgres().await;
    let store = db.store().await;
    let mut admin = PgConnection::connect(&db.url()).await.unwrap();
    // It holds for connections that are made later, and so not for this one.
    let mut read_only = async |on: &str| {
        let set = format!("ALTER DATABASE %I SET default_transaction_read_only = {on}");
        let set = format!("DO $$ BEGIN EXECUTE format('{set}', current_database()); END $$");
        admin.execute(AssertSqlSafe(set)).await.unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        admin.execute(kill).await.unwrap();
    };
    read_only("on").await;
    until_written(async || match store.ping_writing().await {
        Err(StoreError::Unavailable(why)) if why.contains("25006") => Ok(()),
        // The connections that were ended.
        Err(error) => Err(error),
        Ok(()) => panic!("a read-only database takes changes"),
    })
    .await;
    until_written(async || store.ping().await).await;
    read_only("off").await;
    until_written(async || store.ping_writing().await).await;
}

/// SQLite ends a transaction by itself when the disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_sqlite_ends_by_itself_leaves_a_writer_that_works() {
    let db = Database::sqlite();
    let store = db.store().await;
    let mut other = SqliteConnection::connect(&db.url()).await.unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ROLLBACK, 'full'); END";
    other.execute(full).await.unwrap();
    for id in ["one", "two"] {
        assert!(store.claim(candidate(id), &arrival(id), HOUR).await.is_err());
        assert!(store.cancel(&key(id), domain::Timestamp::default(), &|_| None, None).await.is_err());
    }
    other.execute("DROP TRIGGER full").await.unwrap();
    let cancelled = store.cancel(&key("one"), domain::Timestamp::default(), &|_| None, None).await.unwrap();
    assert_eq!(cancelled, crate::Cancel::Unknown);
    let claimed = store.claim(candidate("two"), &arrival("two"), HOUR).await.unwrap();
    assert!(matches!(claimed, Claimed::New(_)), "{claimed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sqlite_is_waited_for_and_then_unavailable() {
    let db = Database::sqlite();
    let store = db.store().await;
    let mut other = SqliteConnection::connect(&db.url()).await.unwrap();

    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.claim(candidate("waits"), &arrival("waits"), HOUR).await }
    });
    // Readers never wait for the writer.
    assert_eq!(store.delivery(&key("waits")).await.unwrap(), None);
    other.execute("COMMIT").await.unwrap();
    assert!(matches!(waiting.await.unwrap(), Ok(Claimed::New(_))));

    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let candidate = candidate("locked");
    let arrived = arrival("locked");
    let (locked, probed) = tokio::join!(store.claim(candidate.clone(), &arrived, HOUR), store.ping_writing());
    assert!(matches!(locked, Err(StoreError::Unavailable(_))), "{locked:?}");
    assert!(matches!(probed, Err(StoreError::Unavailable(_))), "{probed:?}");
    assert_eq!(store.ping().await, Ok(()), "it is read all the same");
    other.execute("COMMIT").await.unwrap();
    let claimed = store.claim(candidate, &arrival("locked"), HOUR).await.unwrap();
    assert!(matches!(claimed, Claimed::New(_)), "{claimed:?}");
    assert_eq!(store.ping_writing().await, Ok(()));
}
