//! What retention deletes, and what it never does.

use std::mem::forget;

use crate::{Claimed, RowLease, Store};
use domain::{FieldError, Outcome, Row, State, Tenant, Timestamp};
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, candidate_at, decide, key, refused, sent};
use crate::tests::on_both;

on_both!(
    what_ended_is_forgotten_oldest_first_in_batches,
    what_is_on_its_way_dead_or_held_stays,
    what_was_given_back_without_an_id_is_forgotten_when_nobody_continues_it,
    what_nobody_continues_and_has_no_id_is_forgotten_with_what_ended,
    warnings_are_kept_beside_their_delivery_and_forgotten_with_it
);

async fn taken_at(store: &Store, id: &str, seconds: i64) -> Row {
    match store.claim(candidate_at(id, at(seconds)), &arrival(id), HOUR).await.unwrap() {
        Claimed::New(row) => row,
        known @ Claimed::Known(_) => panic!("{id}: {known:?}"),
    }
}

const HOURS: i64 = 3_600;

/// The row of a message without an id whose process crashed, after this outcome was recorded at 10 s.
async fn anonymous(db: &Database, store: &Store, expires_at: Option<Timestamp>, outcome: Option<Outcome>) -> RowLease {
    let print = domain::content_of(Uuid::new_v4().as_bytes());
    let lease = store.lease_row(&Tenant::default(), &print, Uuid::new_v4(), false).await.unwrap();
    let id = lease.key().id.clone();
    let row = Row { fingerprint: Some(print), token: lease.token(), expires_at, ..candidate(&id) };
    let Claimed::New(row) = store.claim(row, &arrival(&id), HOUR).await.unwrap() else { panic!("{id} is known") };
    if let Some(outcome) = outcome {
        store.record(&decide(&row, &outcome), None).await.unwrap();
    }
    db.execute(&format!("UPDATE deliveries SET adopted_until = 0 WHERE id = '{id}'")).await;
    lease
}

async fn what_was_given_back_without_an_id_is_forgotten_when_nobody_continues_it(db: &Database) {
    let store = db.store().await;
    let given_back = || Some(Outcome::GivenBack);
    let orphan = anonymous(db, &store, None, given_back()).await;
    let limited = anonymous(db, &store, Some(at(600)), given_back()).await;
    let tried = anonymous(db, &store, None, Some(refused())).await;
    let sending = anonymous(db, &store, None, None).await;
    let republished = anonymous(db, &store, None, given_back()).await;
    assert!(republished.holds(true).await.unwrap());
    let in_hand = anonymous(db, &store, None, given_back()).await;
    db.execute(&format!("UPDATE deliveries SET adopted_until = 9000000000000000 WHERE id = '{}'", in_hand.key().id))
        .await;
    let named = taken_at(&store, "named", 0).await;
    store.record(&decide(&named, &Outcome::GivenBack), None).await.unwrap();
    let forgotten = async |seconds| store.forget_given_back(at(seconds), 100).await.unwrap();
    assert_eq!(forgotten(HOURS + 10).await, 0, "it may still come back");
    assert_eq!(forgotten(HOURS + 11).await, 1);
    assert_eq!(store.delivery(orphan.key()).await.unwrap(), None);
    assert_eq!(forgotten(24 * HOURS + 10).await, 0, "its time is counted from when its row was made");
    assert_eq!(forgotten(24 * HOURS + 11).await, 1);
    assert_eq!(store.delivery(limited.key()).await.unwrap(), None);
    for stays in [&tried, &sending, &republished, &in_hand] {
        assert!(store.delivery(stays.key()).await.unwrap().is_some());
    }
    assert!(store.delivery(&named.key).await.unwrap().is_some());
    forget([orphan, limited, tried, sending, republished, in_hand]);
}

async fn what_nobody_continues_and_has_no_id_is_forgotten_with_what_ended(db: &Database) {
    let store = db.store().await;
    let tried = anonymous(db, &store, None, Some(refused())).await;
    let sending = anonymous(db, &store, None, None).await;
    let live = anonymous(db, &store, None, None).await;
    let republished = anonymous(db, &store, None, Some(refused())).await;
    assert!(republished.holds(true).await.unwrap());
    for ended in [&tried, &sending] {
        db.execute(&format!("UPDATE deliveries SET lease_until = 0 WHERE id = '{}'", ended.key().id)).await;
    }
    let start = Timestamp::from_micros(0);
    assert_eq!(store.prune(start, at(10), 100).await.unwrap().deliveries, 1, "the one that was tried changed at 10 s");
    assert_eq!(store.delivery(sending.key()).await.unwrap(), None);
    assert_eq!(store.prune(start, at(11), 100).await.unwrap().deliveries, 1);
    assert_eq!(store.delivery(tried.key()).await.unwrap(), None);
    for stays in [&live, &republished] {
        assert!(store.delivery(stays.key()).await.unwrap().is_some());
    }
    forget([tried, sending, live, republished]);
}

async fn what_ended_is_forgotten_oldest_first_in_batches(db: &Database) {
    let store = db.store().await;
    for n in 0..10 {
        let row = taken_at(&store, &format!("d{n}"), n).await;
        store.record(&decide(&row, &sent()), None).await.unwrap();
    }
    let start = Timestamp::from_micros(0);
    let first = store.prune(start, at(7), 4).await.unwrap();
    assert_eq!((first.deliveries, first.up_to), (4, Some(at(3))));
    let second = store.prune(at(3), at(7), 4).await.unwrap();
    assert_eq!((second.deliveries, second.up_to), (3, Some(at(6))));
    assert_eq!(store.prune(start, at(7), 4).await.unwrap().deliveries, 0);
    for n in 0..10 {
        let known = store.delivery(&key(&format!("d{n}"))).await.unwrap();
        assert_eq!(known.is_some(), n >= 7, "d{n}");
    }
    // A message with a forgotten id is a new delivery.
    taken_at(&store, "d0", 20).await;
}

async fn warnings_are_kept_beside_their_delivery_and_forgotten_with_it(db: &Database) {
    let store = db.store().await;
    let warning = |pointer: &str| FieldError { pointer: pointer.into(), detail: "is not known".into() };
    let both = [warning("/sendAt"), warning("/a b\\u{9}c")];
    for id in ["warned", "plain"] {
        let row = taken_at(&store, id, 0).await;
        if id == "warned" {
            store.warn(&row.key, &both[..1]);
            store.warn(&row.key, &both[1..]);
            // Repeated alone, and together with what is new.
            store.warn(&row.key, &both[..1]);
            store.warn(&row.key, &[both[1].clone(), warning("/another")]);
            store.warn(&row.key, &[warning("/a")]);
        }
        store.record(&decide(&row, &sent()), None).await.unwrap();
    }
    store.warn(&key("nothing"), &[]);
    // The writer commits in order: the warnings were written before the end.
    let all = [&both[..], &[warning("/another"), warning("/a")]].concat();
    assert_eq!(store.warnings(&key("warned")).await.unwrap(), all, "what is said later stands behind, each once");
    for none in ["plain", "nothing", "a\0"] {
        assert_eq!(store.warnings(&key(none)).await.unwrap(), [], "{none}");
    }
    store.prune(Timestamp::from_micros(0), at(1), 10).await.unwrap();
    assert_eq!(store.warnings(&key("warned")).await.unwrap(), []);
}

async fn what_is_on_its_way_dead_or_held_stays(db: &Database) {
    let store = db.store().await;
    let mut ended = Vec::new();
    for state in State::ALL {
        let row = taken_at(&store, state.as_str(), 0).await;
        let mut transition = decide(&row, &refused());
        transition.row.state = state;
        store.record(&transition, None).await.unwrap();
        ended.extend(state.is_final().then_some(state));
    }
    assert_eq!(store.prune(Timestamp::from_micros(0), at(1), 1_000).await.unwrap().deliveries, ended.len());
    for state in State::ALL {
        let known = store.delivery(&key(state.as_str())).await.unwrap();
        assert_eq!(known.is_some(), !state.is_final(), "{state}");
    }
    // The attempts were deleted with the row: the same id starts with none.
    let again = taken_at(&store, State::Expired.as_str(), 1).await;
    store.record(&decide(&again, &sent()), None).await.unwrap();
    let view = store.delivery(&key(State::Expired.as_str())).await.unwrap().unwrap();
    assert_eq!(view.attempts.len(), 1);
}
