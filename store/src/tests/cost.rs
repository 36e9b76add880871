//! What the success path costs on Postgres: lookups by key and updates that touch no index, from the first row on.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, listed, sent, suppression};
use crate::tests::jobs::job;
use crate::tests::ledger::taken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_success_path_updates_no_index_and_scans_no_table() {
    let db = Database::postgres().await;
    let store = db.store().await;
    let mut admin = PgConnection::connect(&db.url()).await.unwrap();
    // Of somebody else: with an empty list nothing would be looked up.
    let others = domain::RecipientHasher::new(b"secret").hash("+12025550199");
    store.suppress(&domain::Suppression { recipient: others, ..suppression() }, None).await.unwrap();
    let mut deliveries = JoinSet::new();
    for n in 0..200 {
        let store = store.clone();
        deliveries.spawn(async move {
            let id = format!("delivery {n}");
            store.put_job(job(&id, 0)).await.unwrap();
            // An equal job makes the group read its row.
            store.put_job(job(&id, 0)).await.unwrap();
            let row = taken(store.claim_to_send(candidate(&id), &arrival(&id), HOUR, listed()).await.unwrap());
            store.record(&decide(&row, &sent()), None).await.unwrap();
            store.claim_to_send(candidate(&id), &arrival(&id), HOUR, listed()).await.unwrap();
        });
    }
    deliveries.join_all().await;
    let owner = Uuid::new_v4();
    let due = store.claim_due_jobs(at(1), 1_000, HOUR, owner).await.unwrap();
    let done: Vec<_> =
        due.into_iter().map(|job| crate::FinishedJob { key: job.summary.key, owner, next: None }).collect();
    assert_eq!(store.finish_jobs(&done).await.unwrap(), 200);
    store.prune(at(-1), at(1), 50).await.unwrap();
    drop(store);
    backends_gone(&mut admin).await;
    assert_eq!(updates(&mut admin, 200).await, 200);
    assert_eq!(scans(&mut admin).await, 0);
}

/// Waits until nobody else is connected: a backend publishes its statistics before it ends, also those of the scans
/// that built the indexes.
pub(crate) async fn backends_gone(admin: &mut PgConnection) {
    let begun = Instant::now();
    loop {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let others: i64 = admin.fetch_one(sql).await.unwrap().get(0);
        if others == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{others} backends of the store are still connected");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Counts sequential scans, without the one that each index was built by.
async fn scans(admin: &mut PgConnection) -> i64 {
    let sql = "SELECT sum(seq_scan - (SELECT count(*) FROM pg_index WHERE indrelid = relid))::bigint \
               FROM pg_stat_user_tables WHERE relname IN ('deliveries', 'jobs', 'suppressions')";
    admin.fetch_one(sql).await.unwrap().get(0)
}

/// Counts the heap-only updates of the ledger, once all `expected` updates show.
async fn updates(admin: &mut PgConnection, expected: i64) -> i64 {
    let begun = Instant::now();
    loop {
        // A backend publishes its statistics when it is idle or ends.
        let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'deliveries'";
        let row = admin.fetch_one(sql).await.unwrap();
        let (updated, hot): (i64, i64) = (row.get(0), row.get(1));
        if updated == expected {
            return hot;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "statistics show {updated} updates of {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
