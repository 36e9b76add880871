//! Many asks at once: what is read and written together is what each would have been alone.

use domain::{Ask, AskState, AskVerdict, GivenAnswer, Purpose};
use tokio::task::JoinSet;

use super::copies::copy;
use super::{answered, ask, given, opened, state, told};
use crate::tests::database::{Database, key};
use crate::tests::on_both;
use crate::{AskFound, AskOpened, StoreError};

on_both!(
    answers_to_many_asks_at_once_end_each_of_them_once,
    an_answer_that_the_database_refuses_keeps_back_no_other,
    each_button_of_many_at_once_is_that_of_its_own_ask,
);

async fn answers_to_many_asks_at_once_end_each_of_them_once(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let ids: Vec<String> = (0..30).map(|n| format!("a-{n}")).collect();
    for id in &ids {
        opened(&stores[0], &ask(id)).await;
    }
    let mut answers = JoinSet::new();
    for (n, id) in ids.iter().enumerate() {
        for (at, person) in ["ana", "ben", "caro"].into_iter().enumerate() {
            let (store, id, given) = (stores[(n + at) % 2].clone(), id.clone(), given(person, "yes", 1));
            answers.spawn(async move { answered(&store, &id, &given).await.decision.verdict });
        }
    }
    let verdicts = answers.join_all().await;
    let count = |is: fn(&AskVerdict) -> bool| verdicts.iter().filter(|verdict| is(verdict)).count();
    assert_eq!(count(|verdict| matches!(verdict, AskVerdict::Counts { counted: 1, .. })), 30);
    assert_eq!(count(|verdict| matches!(verdict, AskVerdict::Ends { .. })), 30);
    assert_eq!(count(|verdict| matches!(verdict, AskVerdict::Late(_))), 30);
    for id in &ids {
        let kept = stores[1].answers(&key(id)).await.unwrap();
        assert_eq!(kept.iter().map(|answer| answer.late).collect::<Vec<_>>(), [false, false, true], "{id}");
        assert_eq!(state(&stores[0], id).await, AskState::Answered);
    }
    assert_eq!(told(&stores[0]).await.len(), 60, "the journal has each answer that counted");
}

async fn an_answer_that_the_database_refuses_keeps_back_no_other(db: &Database) {
    let store = db.store().await;
    let ids: Vec<String> = (0..20).map(|n| format!("a-{n}")).collect();
    for id in &ids {
        opened(&store, &ask(id)).await;
    }
    db.poison("answers", "INSERT").await;
    let mut answers = JoinSet::new();
    for (n, id) in ids.into_iter().enumerate() {
        let (store, mut given) = (store.clone(), given("ana", "yes", 1));
        if n % 5 == 0 {
            given.id = format!("poison-{n}");
        }
        let is_refused = n % 5 == 0;
        answers.spawn(async move { (is_refused, store.answer_ask(&key(&id), &given).await) });
    }
    for (is_refused, answered) in answers.join_all().await {
        match answered {
            Err(StoreError::Refused(_)) => assert!(is_refused),
            other => assert_eq!((is_refused, other.unwrap().unwrap().ask.version), (false, 2)),
        }
    }
    let repeated = GivenAnswer { id: "telegram:9".into(), ..given("ana", "yes", 9) };
    assert_eq!(answered(&store, "a-0", &repeated).await.ask.version, 2, "a refused answer has changed nothing");
}

async fn each_button_of_many_at_once_is_that_of_its_own_ask(db: &Database) {
    let (store, other) = (db.store().await, db.open().await);
    let asks: Vec<Ask> = (0..30).map(|n| ask(&format!("a-{n}"))).collect();
    for (n, ask) in asks.iter().enumerate() {
        let copies = [copy(1, 0, "+2"), copy(0, 1, &format!("+{n}")), copy(0, 0, "+1")];
        assert_eq!(store.open_ask(ask, &copies[..n % 4], None).await.unwrap(), AskOpened::New);
        answered(&store, &ask.key.id, &given("ana", "yes", 1)).await;
    }
    let mut presses = JoinSet::new();
    for (n, ask) in asks.into_iter().enumerate() {
        let store = store.clone();
        presses.spawn(async move {
            let handle = Purpose::Answer.handle(&ask.key);
            let AskFound { ask: found, answers, copies } = store.ask_of_ticket(handle).await.unwrap().expect("an ask");
            let mut sent = vec![copy(1, 0, "+2"), copy(0, 1, &format!("+{n}")), copy(0, 0, "+1")];
            sent.truncate(n % 4);
            sent.sort_by_key(|copy| (copy.place, copy.rung));
            assert_eq!((found.key, found.version, answers.len(), copies), (ask.key, 2, 1, sent));
        });
        let store = other.clone();
        presses.spawn(async move {
            let none = store.ask_of_ticket(Purpose::Verify.handle(&key(&format!("a-{n}")))).await.unwrap();
            assert_eq!(none, None);
        });
    }
    presses.join_all().await;
}
