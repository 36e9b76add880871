//! Messages without an id: whatever crashes, equal ones continue different rows.

use std::mem::forget;
use std::time::{Duration, Instant};

use crate::{RowLease, Sight, Store};
use domain::{Clock as _, Row, Tenant};
use testkit::SystemClock;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, candidate_at, decide, refused, sent};
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(
    equal_copies_in_two_processes_continue_different_rows,
    one_more_copy_than_rows_is_a_delivery_of_its_own,
    a_row_is_found_until_its_message_was_acknowledged,
    an_acknowledgement_that_may_be_forgotten_leaves_the_row_to_its_message,
    after_ten_minutes_nobody_knows_whose_an_ended_row_is,
    an_ended_row_of_a_crash_is_doubtful_only_among_equals,
    a_copy_that_took_too_long_learns_that_another_has_its_row,
    a_row_that_was_taken_and_let_go_is_kept_until_its_acknowledgement_is_noted,
    what_was_about_to_be_acknowledged_is_not_taken_for_what_is_still_owed,
    a_doubt_outlives_the_copy_that_had_it,
    what_is_owed_is_waited_for_while_an_equal_one_is_in_doubt,
    a_doubt_is_left_when_what_is_owed_stays_with_others,
);

const PRINT: [u8; 32] = [3; 32];

async fn lease_row(store: &Store, redelivered: bool) -> RowLease {
    store.lease_row(&Tenant::default(), &PRINT, Uuid::new_v4(), redelivered).await.unwrap()
}

/// Does what the first delivery of an equal message does; returns the copy in hand and its row.
async fn first(store: &Store, second: i64) -> (RowLease, Row) {
    let lease = lease_row(store, false).await;
    assert_eq!(lease.sight(), Sight::New);
    let id = lease.key().id.clone();
    let row = Row { fingerprint: Some(PRINT), token: lease.token(), ..candidate_at(&id, at(second)) };
    let row = taken(store.claim(row, &arrival(&id), HOUR).await.unwrap());
    (lease, row)
}

/// Waits until the writer of outcomes has committed everything that it was asked so far.
pub(crate) async fn written(store: &Store) {
    let id = Uuid::new_v4().to_string();
    let row = taken(store.claim(candidate(&id), &arrival(&id), HOUR).await.unwrap());
    store.record(&decide(&row, &sent()), None).await.unwrap();
}

/// Makes every lease run out, as if whatever ended had done so a moment ago.
async fn run_out(db: &Database) {
    let now = SystemClock.now().as_micros();
    let sql = format!("UPDATE deliveries SET adopted_until = 0, updated_at = {now} WHERE adopter IS NOT NULL");
    db.execute(&sql).await;
}

fn id(lease: &RowLease) -> &str {
    &lease.key().id
}

async fn equal_copies_in_two_processes_continue_different_rows(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut rows = Vec::new();
    for n in 0..40 {
        let (lease, row) = first(&stores[n % 2], n as i64).await;
        rows.push(row.key.id);
        // Half of the processes crash, the others release their rows.
        if n % 2 == 0 { forget(lease) } else { drop(lease) }
    }
    run_out(db).await;
    let mut copies = JoinSet::new();
    for n in 0..40 {
        let store = stores[n % 2].clone();
        copies.spawn(async move { lease_row(&store, true).await });
    }
    let copies = copies.join_all().await;
    assert!(copies.iter().all(|copy| copy.sight() == Sight::Known));
    let mut continued: Vec<_> = copies.iter().map(|copy| id(copy).to_owned()).collect();
    continued.sort();
    rows.sort();
    assert_eq!(continued, rows);
}

async fn one_more_copy_than_rows_is_a_delivery_of_its_own(db: &Database) {
    let store = db.store().await;
    let begun = Instant::now();
    let (crashed, row) = first(&store, 0).await;
    forget(crashed);
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let store = store.clone();
        copies.spawn(async move { lease_row(&store, true).await });
    }
    let known = copies.join_next().await.unwrap().unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(5), "nobody takes a row from a process that may live");
    assert_eq!((known.sight(), id(&known)), (Sight::Known, row.key.id.as_str()));
    // The other copy waits anew, because the row has changed hands, until the message of that row is acknowledged.
    noted(&known).await;
    assert_eq!(copies.join_next().await.unwrap().unwrap().sight(), Sight::New);
}

/// Acknowledges the message for certain.
pub(crate) async fn noted(lease: &RowLease) {
    lease.acknowledged(std::future::ready(true), std::future::ready(())).await.unwrap();
}

async fn a_row_is_found_until_its_message_was_acknowledged(db: &Database) {
    let store = db.store().await;
    let (lease, row) = first(&store, 0).await;
    store.record(&decide(&row, &sent()), None).await.unwrap();
    drop(lease);
    let again = lease_row(&store, true).await;
    assert_eq!((again.sight(), id(&again)), (Sight::Known, row.key.id.as_str()));
    noted(&again).await;
    written(&store).await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::New);
}

async fn an_acknowledgement_that_may_be_forgotten_leaves_the_row_to_its_message(db: &Database) {
    let store = db.store().await;
    let (lease, ended) = first(&store, 0).await;
    store.record(&decide(&ended, &sent()), None).await.unwrap();
    lease.acknowledged(std::future::ready(false), std::future::ready(())).await.unwrap();
    drop(lease);
    run_out(db).await;
    let again = lease_row(&store, true).await;
    assert_eq!((again.sight(), id(&again)), (Sight::Known, ended.key.id.as_str()));
}

async fn after_ten_minutes_nobody_knows_whose_an_ended_row_is(db: &Database) {
    let store = db.store().await;
    let (lease, ended) = first(&store, 0).await;
    store.record(&decide(&ended, &sent()), None).await.unwrap();
    forget(lease);
    run_out(db).await;
    db.execute("UPDATE deliveries SET updated_at = updated_at - 700000000").await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::Suspected);
}

async fn an_ended_row_of_a_crash_is_doubtful_only_among_equals(db: &Database) {
    let store = db.store().await;
    let (lease, ended) = first(&store, 0).await;
    store.record(&decide(&ended, &sent()), None).await.unwrap();
    forget(lease);
    run_out(db).await;
    let alone = lease_row(&store, true).await;
    assert_eq!((alone.sight(), id(&alone)), (Sight::Known, ended.key.id.as_str()));
    forget(alone);
    let (lease, sending) = first(&store, 1).await;
    forget(lease);
    run_out(db).await;
    let copy = lease_row(&store, true).await;
    assert_eq!((copy.sight(), id(&copy)), (Sight::Known, sending.key.id.as_str()), "what is owed goes first");
    noted(&copy).await;
    let other = lease_row(&store, true).await;
    assert_eq!(other.sight(), Sight::Suspected);
    assert_ne!(id(&other), ended.key.id, "a delivery of its own");
    noted(&other).await;
    written(&store).await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::New, "one ended row, one doubt");
}

async fn a_copy_that_took_too_long_learns_that_another_has_its_row(db: &Database) {
    let store = db.store().await;
    let (slow, row) = first(&store, 0).await;
    assert!(slow.holds(false).await.unwrap());
    run_out(db).await;
    let other = lease_row(&store, true).await;
    assert_eq!((other.sight(), id(&other)), (Sight::Known, row.key.id.as_str()));
    let deadline = Instant::now() + Duration::from_secs(30);
    while slow.holds(false).await.unwrap() {
        assert!(Instant::now() < deadline, "it never asked the ledger");
        tokio::task::yield_now().await;
    }
    assert!(other.holds(false).await.unwrap());
    drop(slow);
    written(&store).await;
    noted(&other).await;
    written(&store).await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::New, "the slow copy let nothing go that it did not have");
}

async fn a_row_that_was_taken_and_let_go_is_kept_until_its_acknowledgement_is_noted(db: &Database) {
    let store = db.store().await;
    let (slow, row) = first(&store, 0).await;
    run_out(db).await;
    let other = lease_row(&store, true).await;
    assert_eq!(id(&other), row.key.id);
    drop(other);
    written(&store).await;
    assert!(slow.holds(true).await.unwrap());
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { lease_row(&store, true).await }
    });
    noted(&slow).await;
    assert_eq!(waiting.await.unwrap().sight(), Sight::New, "two messages on one row: one of them is never sent");
}

async fn what_was_about_to_be_acknowledged_is_not_taken_for_what_is_still_owed(db: &Database) {
    let store = db.store().await;
    let (lease, waiting) = first(&store, 0).await;
    store.record(&decide(&waiting, &refused()), None).await.unwrap();
    assert!(lease.holds(true).await.unwrap());
    let (owed, sending) = first(&store, 1).await;
    forget((lease, owed));
    run_out(db).await;
    let copy = lease_row(&store, true).await;
    assert_eq!((copy.sight(), id(&copy)), (Sight::Known, sending.key.id.as_str()));
    noted(&copy).await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::Suspected);
}

/// The two rows after a worker was killed when it had just sent one of two equal messages, and was sending the other.
async fn one_ended_and_one_owed(db: &Database, store: &Store, kept_for: Duration) -> (Row, Row) {
    let (lease, ended) = first(store, 0).await;
    store.record(&decide(&ended, &sent()), None).await.unwrap();
    let (owed, sending) = first(store, 1).await;
    forget((lease, owed));
    run_out(db).await;
    let until = SystemClock.now().plus(kept_for).as_micros();
    db.execute(&format!("UPDATE deliveries SET adopted_until = {until} WHERE id = '{}'", sending.key.id)).await;
    (ended, sending)
}

async fn what_is_owed_is_waited_for_while_an_equal_one_is_in_doubt(db: &Database) {
    let store = db.store().await;
    let (_, sending) = one_ended_and_one_owed(db, &store, Duration::from_millis(400)).await;
    let again = lease_row(&store, true).await;
    assert_eq!((again.sight(), id(&again)), (Sight::Known, sending.key.id.as_str()), "or nobody continues it");
}

async fn a_doubt_is_left_when_what_is_owed_stays_with_others(db: &Database) {
    let store = db.store().await;
    let (ended, sending) = one_ended_and_one_owed(db, &store, HOUR).await;
    let begun = Instant::now();
    let again = lease_row(&store, true).await;
    assert_eq!(again.sight(), Sight::Suspected);
    assert!(![&ended.key.id, &sending.key.id].contains(&&again.key().id), "a delivery of its own");
    assert!(begun.elapsed() >= Duration::from_secs(5), "it has waited until every hold of a crash would be over");
}

async fn a_doubt_outlives_the_copy_that_had_it(db: &Database) {
    let store = db.store().await;
    for second in 0..2 {
        let (lease, ended) = first(&store, second).await;
        store.record(&decide(&ended, &sent()), None).await.unwrap();
        if second == 0 { forget(lease) } else { noted(&lease).await }
    }
    written(&store).await;
    run_out(db).await;
    let copy = Uuid::new_v4();
    for _unheard in 0..2 {
        let lease = store.lease_row(&Tenant::default(), &PRINT, copy, true).await.unwrap();
        assert_eq!(lease.sight(), Sight::Suspected, "an answer that was not heard takes the doubt away");
        forget(lease);
    }
    run_out(db).await;
    let after_a_crash = lease_row(&store, true).await;
    assert_eq!(after_a_crash.sight(), Sight::Suspected);
    drop(after_a_crash);
    written(&store).await;
    let after_a_lost_connection = lease_row(&store, true).await;
    assert_eq!(after_a_lost_connection.sight(), Sight::Suspected);
    noted(&after_a_lost_connection).await;
    written(&store).await;
    assert_eq!(lease_row(&store, true).await.sight(), Sight::New, "one ended row, one doubt");
}
