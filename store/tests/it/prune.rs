//! What retention forgets, and what it never does.

use domain::{Row, State, Timestamp};
use store::{Claimed, Store};

use crate::database::{Database, HOUR, arrival, at, candidate, decide, key, refused, sent};
use crate::on_both;

on_both!(what_ended_is_forgotten_oldest_first_in_batches, what_is_on_its_way_dead_or_held_stays);

async fn taken_at(store: &Store, id: &str, seconds: i64) -> Row {
    let candidate = Row { created_at: at(seconds), ..candidate(id) };
    match store.claim(candidate, &arrival(id), HOUR).await.unwrap() {
        Claimed::New(row) => row,
        known @ Claimed::Known(_) => panic!("{id}: {known:?}"),
    }
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
    // A forgotten id is a new delivery.
    taken_at(&store, "d0", 20).await;
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
    // Its attempts went with it: the same id starts with none.
    let again = taken_at(&store, State::Expired.as_str(), 1).await;
    store.record(&decide(&again, &sent()), None).await.unwrap();
    let view = store.delivery(&key(State::Expired.as_str())).await.unwrap().unwrap();
    assert_eq!(view.attempts.len(), 1);
}
