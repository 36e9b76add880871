//! How asks end without an answer: by their time, or taken back.

use domain::{Ask, AskState, AskVerdict, Timestamp};
use tokio::task::JoinSet;

use super::{answered, ask, given, opened, state, told};
use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{AskCancelled, StoreError};

on_both!(
    asks_expire_at_their_time_the_earliest_first_and_once,
    who_expires_at_once_ends_each_ask_once,
    an_ask_that_ended_by_itself_is_told_until_that_is_noted,
    a_question_is_taken_back_while_it_is_open,
    an_ask_of_a_newer_version_keeps_no_other_from_its_end,
);

async fn asks_expire_at_their_time_the_earliest_first_and_once(db: &Database) {
    let store = db.store().await;
    for n in 0..1_068 {
        // The later ids end first.
        opened(&store, &Ask { expires_at: at(3_000 - n), ..ask(&format!("a-{n:04}")) }).await;
    }
    answered(&store, "a-1067", &given("ana", "no", 1)).await;
    answered(&store, "a-1067", &given("ben", "no", 2)).await;
    assert_eq!(store.expire_asks(at(1_932)).await.unwrap(), 0);
    assert_eq!(state(&store, "a-1067").await, AskState::Answered);
    assert_eq!(store.expire_asks(at(1_934)).await.unwrap(), 1);
    assert_eq!(state(&store, "a-1066").await, AskState::Expired);
    assert_eq!(store.expire_asks(at(4_000)).await.unwrap(), 1_024);
    let [last, next] = [state(&store, "a-0042").await, state(&store, "a-0041").await];
    assert_eq!((last, next), (AskState::Expired, AskState::Open), "those whose time was over first end first");
    let left = [store.expire_asks(at(4_000)).await.unwrap(), store.expire_asks(at(4_000)).await.unwrap()];
    assert_eq!(left, [42, 0]);
    let expired = store.ask(&key("a-0000")).await.unwrap().unwrap();
    assert_eq!((expired.version, expired.end.unwrap().at), (2, at(4_000)));
}

async fn who_expires_at_once_ends_each_ask_once(db: &Database) {
    let stores = [db.store().await, db.open().await];
    for n in 0..100 {
        opened(&stores[0], &ask(&format!("a-{n}"))).await;
    }
    let mut schedulers = JoinSet::new();
    for n in 0..6 {
        let store = stores[n % 2].clone();
        schedulers.spawn(async move {
            let mut ended = 0;
            loop {
                match store.expire_asks(at(600)).await.unwrap() {
                    0 => break ended,
                    more => ended += more,
                }
            }
        });
    }
    let ended: usize = schedulers.join_all().await.into_iter().sum();
    assert_eq!(ended, 100);
    assert_eq!(stores[0].untold_asks().await.unwrap().len(), 100);
}

async fn an_ask_that_ended_by_itself_is_told_until_that_is_noted(db: &Database) {
    let store = db.store().await;
    for id in ["a-1", "a-2"] {
        opened(&store, &ask(id)).await;
    }
    store.expire_asks(at(600)).await.unwrap();
    let untold = store.untold_asks().await.unwrap();
    let ids: Vec<&str> = untold.iter().map(|ask| ask.key.id.as_str()).collect();
    assert_eq!(ids, ["a-1", "a-2"]);
    assert_eq!(untold[0].ended().unwrap().name, "expired");
    store.asks_told(&[key("a-1"), key("none")]).await.unwrap();
    store.asks_told(&[]).await.unwrap();
    assert_eq!(store.untold_asks().await.unwrap(), untold[1..]);
    store.asks_told(&[key("a-1"), key("a-2")]).await.unwrap();
    assert_eq!(store.untold_asks().await.unwrap(), []);
}

async fn a_question_is_taken_back_while_it_is_open(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let cancel =
        async |id: &str, now: Timestamp| store.cancel_ask(&key(id), "ada", now, &testkit::told()).await.unwrap();
    let AskCancelled::Cancelled(ended) = cancel("a-1", at(5)).await else { panic!("it was open") };
    assert_eq!((ended.state(), ended.version), (AskState::Cancelled, 2));
    assert_eq!(cancel("a-1", at(6)).await, AskCancelled::Ended(ended.clone()));
    assert_eq!(cancel("a-2", at(6)).await, AskCancelled::Unknown);
    assert_eq!((told(&store).await.len(), store.untold_asks().await.unwrap()), (1, vec![*ended]));
    assert!(matches!(answered(&store, "a-1", &given("ana", "yes", 7)).await.decision.verdict, AskVerdict::Late(_)));
    assert_eq!(store.expire_asks(at(600)).await.unwrap(), 0);
}

async fn an_ask_of_a_newer_version_keeps_no_other_from_its_end(db: &Database) {
    let store = db.store().await;
    for id in ["a-1", "a-2"] {
        opened(&store, &ask(id)).await;
    }
    db.execute("UPDATE asks SET kind = 'moon phase' WHERE id = 'a-1'").await;
    assert_eq!(store.expire_asks(at(600)).await.unwrap(), 1);
    assert_eq!(state(&store, "a-2").await, AskState::Expired);
    assert!(matches!(store.ask(&key("a-1")).await, Err(StoreError::Unreadable(_))));
}
