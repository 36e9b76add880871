//! Inboxes: an item, its head and the outcome of its delivery are one commit; numbers have no gap, and counters never drift.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{InboxAct, InboxCounters, Outcome, Row, State, Tenant, When};
use tokio::task::JoinSet;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key};
use crate::tests::on_both;
use crate::{Claimed, InboxCursor, InboxFilter, InboxItem, InboxKept, InboxLimits, Post, Recorded, Store};

on_both!(
    an_item_its_head_and_its_outcome_are_one_commit_and_a_repeat_adds_nothing,
    what_comes_late_is_in_no_inbox_and_is_no_answer_of_anybody,
    a_child_and_what_comes_behind_it_wait_for_nobody_once_the_item_was_read_or_seen_as_its_sender_chose,
    many_posts_at_once_have_numbers_without_a_gap,
    what_a_user_does_moves_the_counters_and_a_cursor_tells_of_every_change,
    everything_up_to_an_item_is_read_at_once,
    an_inbox_keeps_the_newest_and_says_that_a_cursor_before_them_is_too_old,
    an_inbox_is_one_users_of_one_tenant,
    counters_and_cursors_hold_whatever_is_done_at_once_and_in_whatever_order,
    inboxes_are_shortened_by_batches_and_counters_are_those_of_what_is_left,
);

fn post(user: &str, escalates: Option<When>) -> Post {
    Post {
        user: user.into(),
        kind: "oferta_resultado".into(),
        title: Some("Oferta".into()),
        body: "Hola «Ñ»".into(),
        data: Some(r#"{"n":1}"#.into()),
        action: None,
        escalates,
    }
}

async fn posted(store: &Store, id: &str, user: &str) -> InboxCounters {
    posted_with(store, id, user, None).await
}

async fn posted_with(store: &Store, id: &str, user: &str, escalates: Option<When>) -> InboxCounters {
    let claimed = store.claim(candidate(id), &arrival(id), HOUR).await.unwrap();
    let Claimed::New(row) = claimed else { panic!("{id} is known") };
    let recorded = store.record_posted(&decide(&row, &Outcome::Posted), post(user, escalates)).await.unwrap();
    let Recorded::Posted(counters) = recorded else { panic!("{recorded:?}") };
    counters
}

fn newest() -> InboxCursor {
    InboxCursor::Newest { filter: InboxFilter::All, before: None }
}

async fn ids(store: &Store, from: InboxCursor, limit: usize) -> (Vec<String>, bool) {
    let page = store.inbox(&Tenant::default(), "ana", from, limit).await.unwrap();
    (page.items.into_iter().map(|item| item.key.id).collect(), page.complete)
}

fn numbers(counters: InboxCounters) -> [i64; 3] {
    [counters.seq, counters.unread, counters.unseen]
}

async fn an_item_its_head_and_its_outcome_are_one_commit_and_a_repeat_adds_nothing(db: &Database) {
    let store = db.store().await;
    let Claimed::New(row) = store.claim(candidate("d-1"), &arrival("d-1"), HOUR).await.unwrap() else { panic!() };
    let transition = decide(&row, &Outcome::Posted);
    let recorded = store.record_posted(&transition, post("ana", Some(When::Unseen))).await.unwrap();
    let Recorded::Posted(counters) = recorded else { panic!("{recorded:?}") };
    assert_eq!(numbers(counters), [1, 1, 1]);
    assert_eq!(store.record_posted(&transition, post("ana", None)).await.unwrap(), Recorded::Repeated);
    let found = store.delivery(&key("d-1")).await.unwrap().unwrap();
    assert_eq!((found.row.state, found.row.provider.as_deref()), (State::Delivered, Some(domain::INBOX)));
    let item = store.inbox_item(&key("d-1"), "ana").await.unwrap().unwrap();
    let shown = (item.kind.as_str(), item.title.as_deref(), item.body.as_str(), item.data.as_deref());
    assert_eq!(shown, ("oferta_resultado", Some("Oferta"), "Hola «Ñ»", Some(r#"{"n":1}"#)));
    assert_eq!((item.seq, item.changed_seq, item.escalates), (1, 1, Some(When::Unseen)));
    // The row was forgotten, and the same id was published again.
    db.execute("DELETE FROM deliveries").await;
    assert_eq!(posted(&store, "d-1", "ana").await, counters);
    assert_eq!(store.inbox_counters(&Tenant::default(), "ana").await.unwrap(), counters);
}

async fn what_comes_late_is_in_no_inbox_and_is_no_answer_of_anybody(db: &Database) {
    let store = db.store().await;
    for (id, outcome) in [("d-1", Outcome::Posted), ("t-1", Outcome::FannedOut)] {
        let claimed = store.claim(candidate(id), &arrival(id), Duration::ZERO).await.unwrap();
        let Claimed::New(slow) = claimed else { panic!("{id} is known") };
        store.claim(candidate(id), &arrival(id), HOUR).await.unwrap();
        let recorded = store.record_posted(&decide(&slow, &outcome), post("ana", None)).await.unwrap();
        assert_eq!(recorded, Recorded::Late, "{id}");
        let found = store.delivery(&key(id)).await.unwrap().unwrap();
        assert_eq!((found.row.state, found.late_answers), (State::Sending, 0), "{id}");
    }
    assert_eq!(numbers(store.inbox_counters(&Tenant::default(), "ana").await.unwrap()), [0, 0, 0]);
}

async fn a_child_and_what_comes_behind_it_wait_for_nobody_once_the_item_was_read_or_seen_as_its_sender_chose(
    db: &Database,
) {
    let store = db.store().await;
    for (id, escalates, act, answered) in [
        ("d-1", Some(When::Unread), InboxAct::Seen, false),
        ("d-2", Some(When::Unread), InboxAct::Archive, true),
        ("d-3", Some(When::Unseen), InboxAct::Seen, true),
        ("d-4", None, InboxAct::Read, false),
    ] {
        posted_with(&store, id, "ana", escalates).await;
        let child = Row { parent: Some(id.into()), ..candidate(&format!("{id}-child")) };
        store.claim(child.clone(), &arrival(&child.key.id), HOUR).await.unwrap();
        let parents = [key(id), child.key];
        for parent in &parents {
            assert!(!store.is_answered_by_a_reader(parent).await.unwrap(), "{parent}");
        }
        store.change_inbox_item(&key(id), "ana", act, at(9)).await.unwrap().unwrap();
        for parent in &parents {
            assert_eq!(store.is_answered_by_a_reader(parent).await.unwrap(), answered, "{parent}");
        }
    }
    assert!(!store.is_answered_by_a_reader(&key("none")).await.unwrap());
}

async fn many_posts_at_once_have_numbers_without_a_gap(db: &Database) {
    let (store, another) = (db.store().await, db.open().await);
    let mut posts = JoinSet::new();
    for n in 0..60 {
        let store = if n % 2 == 0 { store.clone() } else { another.clone() };
        posts.spawn(async move { posted(&store, &format!("d-{n}"), ["ana", "ben"][n / 2 % 2]).await });
    }
    posts.join_all().await;
    for user in ["ana", "ben"] {
        let page = store.inbox(&Tenant::default(), user, newest(), 100).await.unwrap();
        let seqs: Vec<i64> = page.items.iter().rev().map(|item| item.seq).collect();
        assert_eq!(seqs, (1..=30).collect::<Vec<_>>(), "{user}");
        assert_eq!((numbers(page.counters), page.complete), ([30, 30, 30], true), "{user}");
    }
}

async fn what_a_user_does_moves_the_counters_and_a_cursor_tells_of_every_change(db: &Database) {
    let store = db.store().await;
    for id in ["d-1", "d-2", "d-3"] {
        posted(&store, id, "ana").await;
    }
    let before = store.inbox_counters(&Tenant::default(), "ana").await.unwrap();
    for (id, act, expected) in [
        ("d-1", InboxAct::Seen, [4, 3, 2]),
        ("d-1", InboxAct::Seen, [4, 3, 2]),
        ("d-2", InboxAct::Read, [5, 2, 1]),
        ("d-3", InboxAct::Archive, [6, 1, 0]),
        ("d-3", InboxAct::Unread, [7, 2, 0]),
        ("d-2", InboxAct::Snooze(at(99)), [8, 2, 0]),
    ] {
        let counters = store.change_inbox_item(&key(id), "ana", act, at(9)).await.unwrap().unwrap();
        assert_eq!(numbers(counters), expected, "{id} {act:?}");
    }
    let since = |seq| InboxCursor::Since { seq, epoch: before.epoch };
    assert_eq!(ids(&store, since(before.seq), 9).await, (vec!["d-1".into(), "d-3".into(), "d-2".into()], true));
    assert_eq!(ids(&store, since(7), 9).await, (vec!["d-2".into()], true));
    assert_eq!(ids(&store, since(8), 9).await, (Vec::new(), true));
    let all = vec!["d-3".to_owned(), "d-2".into(), "d-1".into()];
    assert_eq!(ids(&store, since(9), 9).await, (all.clone(), false), "a cursor that is ahead");
    assert!(!ids(&store, since(before.seq), 2).await.1, "never a part of the changes");
    assert_eq!(ids(&store, InboxCursor::Since { seq: 8, epoch: before.epoch + 1 }, 9).await, (all, false));
    for (filter, expected) in [
        (InboxFilter::Unread, vec!["d-3", "d-1"]),
        (InboxFilter::Unseen, vec![]),
        (InboxFilter::Archived, vec![]),
        (InboxFilter::Current, vec!["d-3", "d-2", "d-1"]),
    ] {
        let found = ids(&store, InboxCursor::Newest { filter, before: None }, 9).await.0;
        assert_eq!(found, expected, "{filter:?}");
    }
    let older = ids(&store, InboxCursor::Newest { filter: InboxFilter::All, before: Some(3) }, 1).await;
    assert_eq!(older, (vec!["d-2".into()], false));
    assert_eq!(store.change_inbox_item(&key("none"), "ana", InboxAct::Seen, at(9)).await.unwrap(), None);
    store.change_inbox_item(&key("d-1"), "ana", InboxAct::Archive, at(9)).await.unwrap();
    let kept = store.inbox_kept(&Tenant::default(), "ana").await.unwrap();
    assert_eq!((kept.items, kept.archived), (3, 1));
    assert_eq!(store.inbox_kept(&Tenant::default(), "ben").await.unwrap(), InboxKept::default());
}

async fn everything_up_to_an_item_is_read_at_once(db: &Database) {
    let store = db.store().await;
    for id in ["d-1", "d-2", "d-3"] {
        posted(&store, id, "ana").await;
    }
    let tenant = Tenant::default();
    let (newest, counters) = store.read_inbox(&tenant, "ana", 2, at(9)).await.unwrap();
    assert_eq!((newest, numbers(counters)), (Some(key("d-2")), [4, 1, 1]));
    let again = store.read_inbox(&tenant, "ana", 2, at(10)).await.unwrap();
    assert_eq!(again, (Some(key("d-2")), counters), "a repeat changes nothing, and is told");
    let nobody = store.read_inbox(&tenant, "nobody", 2, at(9)).await.unwrap();
    assert_eq!((nobody.0, numbers(nobody.1)), (None, [0, 0, 0]));
}

async fn an_inbox_keeps_the_newest_and_says_that_a_cursor_before_them_is_too_old(db: &Database) {
    let store = db.store().await;
    for n in 1..=5 {
        posted(&store, &format!("d-{n}"), "ana").await;
    }
    let before = store.inbox_counters(&Tenant::default(), "ana").await.unwrap();
    let limits = InboxLimits { keep_for: None, most: 2 };
    assert_eq!(store.forget_inbox_items(limits, at(9), 100).await.unwrap(), 3);
    assert_eq!(store.forget_inbox_items(limits, at(9), 100).await.unwrap(), 0);
    let page = store.inbox(&Tenant::default(), "ana", newest(), 9).await.unwrap();
    assert_eq!((page.items.len(), numbers(page.counters)), (2, [6, 2, 2]), "other counters have another number");
    let since = |seq| InboxCursor::Since { seq, epoch: before.epoch };
    assert!(!ids(&store, since(2), 9).await.1 && ids(&store, since(3), 9).await.1);
    let age = InboxLimits { keep_for: Some(HOUR), most: 100 };
    let later = page.items[0].posted_at.plus(HOUR * 2);
    assert_eq!(store.forget_inbox_items(age, later, 100).await.unwrap(), 2);
    assert_eq!(numbers(store.inbox_counters(&Tenant::default(), "ana").await.unwrap()), [7, 0, 0]);
}

async fn an_inbox_is_one_users_of_one_tenant(db: &Database) {
    let store = db.store().await;
    posted(&store, "d-1", "ana").await;
    let acme = Tenant::parse("acme").unwrap();
    for (tenant, user) in [(&acme, "ana"), (&Tenant::default(), "ben")] {
        let page = store.inbox(tenant, user, newest(), 9).await.unwrap();
        assert_eq!((page.items.len(), numbers(page.counters)), (0, [0, 0, 0]));
    }
    assert_eq!(store.inbox_item(&key("d-1"), "ben").await.unwrap(), None);
    assert_eq!(store.change_inbox_item(&key("d-1"), "ben", InboxAct::Read, at(9)).await.unwrap(), None);
}

/// What a client has, and up to where.
#[derive(Default)]
struct Client {
    items: BTreeMap<String, InboxItem>,
    seq: i64,
    epoch: i64,
}

impl Client {
    async fn sync(&mut self, store: &Store) {
        let from = InboxCursor::Since { seq: self.seq, epoch: self.epoch };
        let page = store.inbox(&Tenant::default(), "ana", from, 100).await.unwrap();
        if !page.complete {
            self.items.clear();
        }
        self.items.extend(page.items.into_iter().map(|item| (item.key.id.clone(), item)));
        (self.seq, self.epoch) = (page.counters.seq, page.counters.epoch);
    }
}

async fn counters_and_cursors_hold_whatever_is_done_at_once_and_in_whatever_order(db: &Database) {
    let (store, another, tenant) = (db.store().await, db.open().await, Tenant::default());
    for n in 0..8 {
        posted(&store, &format!("d-{n}"), "ana").await;
    }
    let acts = [
        InboxAct::Seen,
        InboxAct::Unread,
        InboxAct::Archive,
        InboxAct::Snooze(at(99)),
        InboxAct::Unarchive,
        InboxAct::Read,
    ];
    let limits = InboxLimits { keep_for: None, most: 9 };
    let mut doing = JoinSet::new();
    for n in 0..24_usize {
        let store = if n % 2 == 0 { store.clone() } else { another.clone() };
        doing.spawn(async move {
            for step in 0..6 {
                let id = key(&format!("d-{}", (step * 5 + n * 3) % 8));
                store.change_inbox_item(&id, "ana", acts[(step + n) % acts.len()], at(10)).await.unwrap();
            }
            match n % 4 {
                0 => {
                    store.read_inbox(&Tenant::default(), "ana", 4, at(11)).await.unwrap();
                }
                1 => {
                    posted(&store, &format!("e-{n}"), "ana").await;
                }
                2 => {
                    store.forget_inbox_items(limits, at(12), 2).await.unwrap();
                }
                _ => {}
            }
        });
    }
    let mut client = Client::default();
    while let Some(done) = doing.join_next().await {
        done.unwrap();
        client.sync(&store).await;
    }
    while store.forget_inbox_items(limits, at(13), 2).await.unwrap() > 0 {}
    client.sync(&another).await;
    let page = store.inbox(&tenant, "ana", newest(), 100).await.unwrap();
    let count = |is: fn(&&InboxItem) -> bool| i64::try_from(page.items.iter().filter(is).count()).unwrap();
    let (unread, unseen) = (count(|item| item.marks.read_at.is_none()), count(|item| item.marks.seen_at.is_none()));
    assert_eq!((page.counters.unread, page.counters.unseen), (unread, unseen), "{:?}", page.items);
    assert_eq!((page.items.len(), store.inbox_kept(&tenant, "ana").await.unwrap().items), (9, 9));
    for item in &page.items {
        // Of whatever was forgotten it may still have something, and what is archived is not told anew; nothing is stale.
        let had = client.items.get(&item.key.id);
        assert!(had == Some(item) || had.is_none() && item.marks.archived_at.is_some(), "{had:?} is not {item:?}");
        assert!(item.changed_seq <= page.counters.seq, "{item:?}");
    }
}

async fn inboxes_are_shortened_by_batches_and_counters_are_those_of_what_is_left(db: &Database) {
    let store = db.store().await;
    for id in ["d-1", "d-2", "d-3", "d-4", "d-5"] {
        posted(&store, id, "ana").await;
    }
    for id in ["e-1", "e-2"] {
        posted(&store, id, "ben").await;
    }
    for (id, act) in [("d-1", InboxAct::Read), ("d-2", InboxAct::Seen)] {
        store.change_inbox_item(&key(id), "ana", act, at(9)).await.unwrap();
    }
    let limits = InboxLimits { keep_for: None, most: 1 };
    for (forgotten, of_ana) in [(3, [8, 3, 3]), (2, [9, 1, 1]), (0, [9, 1, 1])] {
        assert_eq!(store.forget_inbox_items(limits, at(9), 2).await.unwrap(), forgotten, "two of an inbox at most");
        assert_eq!(numbers(store.inbox_counters(&Tenant::default(), "ana").await.unwrap()), of_ana);
    }
    assert_eq!(numbers(store.inbox_counters(&Tenant::default(), "ben").await.unwrap()), [3, 1, 1]);
    assert_eq!(ids(&store, newest(), 9).await, (vec!["d-5".into()], true));
}
