//! Leases: one process has each, and another only once it has left it or its time is over.

use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Store;
use crate::tests::database::Database;
use crate::tests::on_both;

on_both!(
    of_many_at_once_one_has_the_lease_and_keeps_it,
    a_lease_that_was_left_or_is_over_is_the_next_ones,
    each_name_has_a_lease_of_its_own
);

const HOUR: Duration = Duration::from_secs(3600);

async fn of_many_at_once_one_has_the_lease_and_keeps_it(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut asking = JoinSet::new();
    for n in 0..20 {
        let (store, holder): (Store, Uuid) = (stores[n % 2].clone(), Uuid::now_v7());
        asking.spawn(async move { store.hold_lease("poll", holder, HOUR).await.unwrap().then_some(holder) });
    }
    let holders: Vec<Uuid> = asking.join_all().await.into_iter().flatten().collect();
    let [holder] = holders.as_slice() else { panic!("{holders:?}") };
    for store in &stores {
        assert!(store.hold_lease("poll", *holder, HOUR).await.unwrap(), "it has it already");
        assert!(!store.hold_lease("poll", Uuid::now_v7(), HOUR).await.unwrap(), "another has it");
    }
}

async fn a_lease_that_was_left_or_is_over_is_the_next_ones(db: &Database) {
    let store = db.store().await;
    let (one, another) = (Uuid::now_v7(), Uuid::now_v7());
    assert!(store.hold_lease("poll", one, HOUR).await.unwrap());
    store.leave_lease("poll", another).await.unwrap();
    assert!(!store.hold_lease("poll", another, HOUR).await.unwrap(), "nobody leaves what another has");
    store.leave_lease("poll", one).await.unwrap();
    assert!(store.hold_lease("poll", another, Duration::ZERO).await.unwrap());
    assert!(store.hold_lease("poll", one, HOUR).await.unwrap(), "its time was over");
    assert!(!store.hold_lease("poll", another, HOUR).await.unwrap());
}

async fn each_name_has_a_lease_of_its_own(db: &Database) {
    let store = db.store().await;
    let (one, another) = (Uuid::now_v7(), Uuid::now_v7());
    assert!(store.hold_lease("poll", one, HOUR).await.unwrap());
    assert!(store.hold_lease("other", another, HOUR).await.unwrap());
    store.leave_lease("other", another).await.unwrap();
    assert!(!store.hold_lease("poll", another, HOUR).await.unwrap());
}
