//! The copies of asks: kept, found by who answers, and forgotten with what is theirs.

use domain::{Ask, AskState, ChannelName, RecipientHasher};

use super::{answered, ask, given, state};
use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{AskCopy, AskOpened};

on_both!(
    copies_are_kept_with_their_ask_found_by_who_answers_and_forget_where_they_went,
    an_open_ask_is_found_behind_any_number_that_have_ended,
    no_tenant_keeps_the_asks_of_another_from_being_found,
    asks_that_ended_before_the_retention_are_forgotten_with_all_that_is_theirs,
);

pub(super) fn copy(place: u16, rung: u32, destination: &str) -> AskCopy {
    AskCopy {
        delivery: format!("copy-{place}-{rung}"),
        place,
        step: 0,
        rung,
        channel: ChannelName::parse("sms").unwrap(),
        destination: Some(destination.into()),
        recipient: RecipientHasher::new(b"secret").hash(destination),
        locale: Some("es".into()),
        due_at: at(0),
    }
}

async fn copies_are_kept_with_their_ask_found_by_who_answers_and_forget_where_they_went(db: &Database) {
    let store = db.store().await;
    let copies = [copy(0, 0, "+1"), copy(0, 1, "+2"), copy(1, 0, "+3")];
    let (first, second) = (ask("a-1"), Ask { created_at: at(5), ..ask("a-2") });
    assert_eq!(store.open_ask(&first, &copies, None).await.unwrap(), AskOpened::New);
    assert_eq!(store.open_ask(&second, &copies[..1], None).await.unwrap(), AskOpened::New);
    let again = store.open_ask(&first, &copies[..2], None).await.unwrap();
    assert!(matches!(again, AskOpened::Known(_)));
    assert_eq!(store.ask_copies(&first.key).await.unwrap(), copies, "a repeat adds none");
    let channel = &copies[0].channel;
    let found = async |place: usize, since: i64| {
        let found = store.asks_of_recipient(channel, &[copies[place].recipient], at(since)).await.unwrap();
        found.into_iter().map(|asked| (asked.ask.key.id, asked.place)).collect::<Vec<_>>()
    };
    assert_eq!(found(0, 0).await, [("a-2".to_owned(), 0), ("a-1".to_owned(), 0)]);
    assert_eq!(found(2, 0).await, [("a-1".to_owned(), 1)]);
    store.cancel_ask(&second.key, "dan", at(50), &testkit::told()).await.unwrap();
    assert_eq!(found(0, 49).await, [("a-1".to_owned(), 0), ("a-2".to_owned(), 0)], "what has ended comes last");
    assert_eq!(found(0, 50).await, [("a-1".to_owned(), 0)]);
    let email = ChannelName::parse("email").unwrap();
    assert_eq!(store.asks_of_recipient(&email, &[copies[0].recipient], at(0)).await.unwrap(), []);
    store.forget_destinations(&first.key).await.unwrap();
    let left = store.ask_copies(&first.key).await.unwrap();
    assert!(left.iter().all(|copy| copy.destination.is_none()) && left.len() == 3);
    assert!(store.ask_copies(&second.key).await.unwrap()[0].destination.is_some(), "another one's stay");
}

async fn an_open_ask_is_found_behind_any_number_that_have_ended(db: &Database) {
    let store = db.store().await;
    let of = |n: i64| AskCopy { due_at: at(n), ..copy(0, 0, "+1") };
    store.open_ask(&ask("open"), &[of(0)], None).await.unwrap();
    for n in 1..=210 {
        let ask = Ask { created_at: at(n), ..ask(&format!("ended-{n:03}")) };
        store.open_ask(&ask, &[of(n)], None).await.unwrap();
        store.cancel_ask(&ask.key, "dan", at(n), &testkit::told()).await.unwrap();
        store.forget_destinations(&ask.key).await.unwrap();
    }
    let found = store.asks_of_recipient(&of(0).channel, &[of(0).recipient], at(0)).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|asked| asked.ask.key.id.as_str()).collect();
    assert_eq!((ids.len(), &ids[..2]), (21, &["open", "ended-210"][..]));
}

async fn no_tenant_keeps_the_asks_of_another_from_being_found(db: &Database) {
    let store = db.store().await;
    for (tenant, many) in [("acme", 60), ("default", 1), ("globex", 3)] {
        for n in 0..many {
            let ask = Ask { key: testkit::key_of(tenant, &format!("a-{n:02}")), created_at: at(n), ..ask("a-1") };
            let copy = AskCopy { due_at: at(n), ..copy(0, 0, "+1") };
            store
                .open_ask(&ask, &[copy.clone(), AskCopy { rung: 1, delivery: "another".into(), ..copy }], None)
                .await
                .unwrap();
        }
    }
    let copy = copy(0, 0, "+1");
    let found = store.asks_of_recipient(&copy.channel, &[copy.recipient], at(0)).await.unwrap();
    let names: Vec<String> = found.iter().map(|asked| asked.ask.key.to_string()).collect();
    assert_eq!(names[..6], ["acme/a-59", "default/a-00", "globex/a-02", "acme/a-58", "globex/a-01", "acme/a-57"]);
    assert_eq!(names.len(), 50 + 1 + 3);
}

async fn asks_that_ended_before_the_retention_are_forgotten_with_all_that_is_theirs(db: &Database) {
    let store = db.store().await;
    for id in ["old", "new", "open", "untold"] {
        store.open_ask(&ask(id), &[copy(0, 0, "+1")], None).await.unwrap();
    }
    for (id, seconds) in [("old", 10), ("new", 100)] {
        answered(&store, id, &given("ana", "yes", seconds)).await;
        answered(&store, id, &given("ben", "yes", seconds + 1)).await;
    }
    store.cancel_ask(&key("untold"), "dan", at(10), &testkit::told()).await.unwrap();
    assert_eq!(store.forget_asks(at(50), 10).await.unwrap(), 1);
    assert_eq!(store.ask(&key("old")).await.unwrap(), None);
    assert_eq!(store.answers(&key("old")).await.unwrap(), []);
    assert_eq!(store.ask_copies(&key("old")).await.unwrap(), []);
    assert_eq!(store.answers(&key("new")).await.unwrap().len(), 2);
    assert_eq!(state(&store, "untold").await, AskState::Cancelled, "nobody was told of its end");
    store.asks_told(&[key("untold")]).await.unwrap();
    assert_eq!(store.forget_asks(at(50), 10).await.unwrap(), 1);
    assert_eq!(store.forget_asks(at(1_000), 1).await.unwrap(), 1);
    assert_eq!(state(&store, "open").await, AskState::Open);
    assert_eq!(store.forget_commands(at(50), 10).await.unwrap(), 0);
    assert_eq!(store.forget_verifications(at(50), 10).await.unwrap(), 0);
}
