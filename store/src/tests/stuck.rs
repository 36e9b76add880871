//! What counts as stuck: past its lease, its retry delay, its deferral or its due time, and not a moment before.

use std::time::{Duration, Instant};

use crate::{Patience, Store, StuckCounts};
use domain::{Order, Row, State, Tenant, Timestamp};
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, refused, sent};
use crate::tests::jobs::job;
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(
    each_kind_is_stuck_from_its_own_time_on,
    what_ended_or_is_dead_is_not_stuck,
    a_lease_ends_by_the_databases_clock,
    what_came_without_an_id_is_told_from_what_has_one
);

const PATIENCE: Patience = Patience {
    after: Duration::from_secs(60),
    delays: [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)],
};

/// Records a delivery whose attempt was decided with this order at this time.
async fn ordered(store: &Store, id: &str, state: State, order: Order, updated_at: Timestamp) {
    let row = taken(store.claim(candidate(id), &arrival(id), HOUR).await.unwrap());
    let mut transition = decide(&row, &refused());
    transition.row = Row { state, order, updated_at, ..transition.row };
    store.record(&transition, None).await.unwrap();
}

/// The ids that are stuck at this second, in the order of the list.
async fn stuck(store: &Store, second: i64) -> Vec<String> {
    let deliveries = store.stuck_deliveries(PATIENCE, at(second)).await.unwrap();
    let jobs = store.stuck_jobs(PATIENCE, at(second)).await.unwrap();
    let counts = store.count_stuck(PATIENCE, at(second)).await.unwrap();
    let listed = |state| deliveries.iter().filter(|stuck| stuck.view.row.state == state).count() as u64;
    let expected =
        StuckCounts { sending: listed(State::Sending), waiting: listed(State::Waiting), jobs: jobs.len() as u64 };
    assert_eq!(counts, expected);
    let deliveries = deliveries.into_iter().map(|stuck| stuck.view.row.key.id);
    deliveries.chain(jobs.into_iter().map(|job| job.key.id)).collect()
}

async fn each_kind_is_stuck_from_its_own_time_on(db: &Database) {
    let store = db.store().await;
    for tier in 1..=3 {
        ordered(&store, &format!("retry {tier}"), State::Waiting, Order::Retry { tier }, at(0)).await;
    }
    ordered(&store, "deferred", State::Waiting, Order::Schedule { due: at(1_000) }, at(0)).await;
    ordered(&store, "given back", State::Waiting, Order::Nothing, at(0)).await;
    store.put_job(job("job", 2_000)).await.unwrap();
    let before = |expected: &[&str]| expected.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let all = ["given back", "retry 1", "retry 2", "retry 3", "deferred", "job"];
    for (count, due) in [(0, 0), (1, 5), (2, 30), (3, 120), (4, 1_000), (5, 2_000)] {
        assert_eq!(stuck(&store, due + 60).await, before(&all[..count]), "at {due} s and 60 s");
        assert_eq!(stuck(&store, due + 61).await, before(&all[..=count]), "at {due} s and 61 s");
    }
    let listed = store.stuck_deliveries(PATIENCE, at(70)).await.unwrap().remove(1);
    assert_eq!((listed.due, listed.view.attempts.len()), (at(5), 1), "with its last attempt");
}

async fn what_ended_or_is_dead_is_not_stuck(db: &Database) {
    let store = db.store().await;
    let ended = State::ALL.into_iter().filter(|state| !matches!(state, State::Sending | State::Waiting));
    for state in ended {
        ordered(&store, state.as_str(), state, Order::Nothing, at(0)).await;
    }
    let row = taken(store.claim(candidate("sent now"), &arrival("sent now"), HOUR).await.unwrap());
    store.record(&decide(&row, &sent()), None).await.unwrap();
    assert!(stuck(&store, 1_000_000).await.is_empty());
}

async fn what_came_without_an_id_is_told_from_what_has_one(db: &Database) {
    let store = db.store().await;
    ordered(&store, "named", State::Waiting, Order::Retry { tier: 1 }, at(0)).await;
    for (second, leaves) in [(1, false), (2, true)] {
        let lease = store.lease_row(&Tenant::default(), &[3; 32], Uuid::new_v4(), false).await.unwrap();
        let id = lease.key().id.clone();
        let row = Row { fingerprint: Some([3; 32]), token: lease.token(), ..candidate(&id) };
        let row = taken(store.claim(row, &arrival(&id), HOUR).await.unwrap());
        let mut transition = decide(&row, &refused());
        transition.row.updated_at = at(second);
        store.record(&transition, None).await.unwrap();
        if leaves {
            assert!(lease.holds(true).await.unwrap());
        }
        std::mem::forget(lease);
    }
    let listed = store.stuck_deliveries(PATIENCE, at(1_000)).await.unwrap();
    let anonymous: Vec<bool> = listed.iter().map(|stuck| stuck.is_anonymous).collect();
    assert_eq!(anonymous, [false, true, false], "what was published under its id has one");
}

async fn a_lease_ends_by_the_databases_clock(db: &Database) {
    let store = db.store().await;
    store.claim(candidate("live"), &arrival("live"), HOUR).await.unwrap();
    store.claim(candidate("ended"), &arrival("ended"), Duration::ZERO).await.unwrap();
    // Whatever the caller's clock says, one lease is live and the other has just ended.
    assert!(stuck(&store, 1_000_000).await.is_empty());
    let at_once = Patience { after: Duration::ZERO, ..PATIENCE };
    let deadline = Instant::now() + Duration::from_secs(30);
    let found = loop {
        let found = store.stuck_deliveries(at_once, at(5)).await.unwrap();
        if !found.is_empty() {
            break found;
        }
        assert!(Instant::now() < deadline, "a lease of no time never ends");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(found.iter().map(|stuck| &stuck.view.row.key).collect::<Vec<_>>(), [&key("ended")]);
}
