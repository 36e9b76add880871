//! How inboxes, their clients and fallbacks are judged at the end of a run with faults: each promise, broken once.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use domain::{EventName, InboxCounters, Order, State, Timestamp, When, child_id};
use e2e::chaos::reconcile::inboxes::{
    Act, Books, Deed, Inbox, Item, Kept, Next, Posted, Shown, ToTopic, Until, counts, fallbacks, judge,
};
use e2e::chaos::reconcile::{Answer, Cancel, Told};
use store::DeliveryView;
use testkit::key;

use super::row;

const PHONE: &str = "+14040000001";
/// A message that ana does not read, and one that she reads in time.
const UNREAD: &str = "i-unread";
const READ: &str = "i-read";
const TOPIC: &str = "t-1";

fn due() -> Timestamp {
    Timestamp::from_seconds(1_000)
}

fn before(seconds: u64) -> Timestamp {
    due().minus(Duration::from_secs(seconds))
}

fn posted(id: &str, phone: &str, until: Until) -> Posted {
    let next = Some(Next { recipient: phone.into(), channel: "whatsapp", until });
    Posted { fault: 0, id: id.into(), user: "ana".into(), next, answer: Answer::Accepted }
}

fn deed(id: &str, act: Act, at: Option<Timestamp>) -> Deed {
    Deed { id: id.into(), act, done: at.map(|at| (at, Instant::now())) }
}

fn item(seq: i64, changed_seq: i64, is_read: bool) -> Item {
    Item { seq, changed_seq, is_seen: is_read, is_read }
}

fn delivery(state: State, order: Order) -> DeliveryView {
    let mut view = row(state, &[]);
    view.row.order = order;
    view
}

fn told(id: &str) -> Told {
    Told { id: format!("event of {id}"), delivery: id.into(), name: EventName::Delivered, epoch: 0 }
}

/// The delivery of a member of the topic.
fn of(member: &str) -> String {
    let topic = key(TOPIC);
    domain::Members::of(&topic, b"{}", None).expect("an object").delivery(member).0
}

/// Ana has two messages and one of a topic, and a client; ben has the one of the topic.
fn good() -> (Books, Kept) {
    let books = Books {
        posted: vec![posted(UNREAD, PHONE, Until::Read), posted(READ, "+14040000002", Until::Read)],
        to_topics: vec![ToTopic {
            id: TOPIC.into(),
            members: vec!["ana".into(), "ben".into()],
            answer: Answer::Accepted,
        }],
        deeds: vec![deed(READ, Act::Read, Some(before(3)))],
    };
    let anas = Inbox {
        items: BTreeMap::from([
            (UNREAD.to_owned(), item(1, 1, false)),
            (READ.to_owned(), item(2, 4, true)),
            (of("ana"), item(3, 3, false)),
        ]),
        counters: InboxCounters { seq: 4, epoch: 7, unread: 2, unseen: 2 },
    };
    let bens = Inbox {
        items: BTreeMap::from([(of("ben"), item(1, 1, false))]),
        counters: InboxCounters { seq: 1, epoch: 8, unread: 1, unseen: 1 },
    };
    let waits = || Order::Escalate { when: When::Unread, due: due() };
    let kept = Kept {
        shown: vec![Shown { user: "ana".into(), window: "client 1 of ana".into(), inbox: anas.clone() }],
        inboxes: BTreeMap::from([("ana".to_owned(), anas), ("ben".to_owned(), bens)]),
        present: BTreeMap::from([("ana".to_owned(), 1)]),
        deliveries: HashMap::from([
            (UNREAD.to_owned(), delivery(State::Delivered, waits())),
            (READ.to_owned(), delivery(State::Delivered, waits())),
            (of("ana"), delivery(State::Delivered, Order::Nothing)),
            (of("ben"), delivery(State::Delivered, Order::Nothing)),
            (TOPIC.to_owned(), delivery(State::Sent, Order::FanOut)),
        ]),
        told: [UNREAD, READ, of("ana").as_str(), of("ben").as_str()].map(told).to_vec(),
        copies: HashMap::from([(PHONE.to_owned(), vec![due()])]),
    };
    (books, kept)
}

/// What is broken once this was changed.
fn broken(change: impl FnOnce(&mut Books, &mut Kept)) -> Vec<String> {
    let (mut books, mut kept) = good();
    change(&mut books, &mut kept);
    judge(&books, &kept)
}

fn check(expected: &str, change: impl FnOnce(&mut Books, &mut Kept)) {
    let broken = broken(change);
    assert!(broken.iter().any(|what| what.contains(expected)), "{expected}: {broken:?}");
}

fn anas(kept: &mut Kept) -> &mut Inbox {
    kept.inboxes.get_mut("ana").expect("an inbox")
}

#[test]
fn inboxes_that_are_as_they_were_told_break_nothing() {
    assert_eq!(broken(|_, _| ()), [""; 0]);
    assert_eq!(broken(|_, kept| kept.told.extend_from_within(..)), [""; 0], "the same event may be told again");
    let unanswered = |books: &mut Books, kept: &mut Kept| {
        books.posted[1].answer = Answer::None;
        kept.shown[0].inbox.items.remove(READ);
        anas(kept).items.remove(READ);
    };
    assert_eq!(broken(unanswered), [""; 0], "nobody has promised it");
    let (books, kept) = good();
    let counted = counts(&books, &kept);
    assert!(counted.starts_with("inboxes: 4 items of 2 users, 1 messages to topics, 1 clients"), "{counted}");
    assert!(counted.ends_with("1 unread, 1 called off in time, 0 either"), "{counted}");
}

#[test]
fn every_promise_of_an_inbox_is_looked_at() {
    check("was accepted, and is not in it", |_, kept| _ = anas(kept).items.remove(UNREAD));
    check("was accepted, and is not in it", |_, kept| drop(kept.inboxes.remove("ben")));
    check("is nobody's message", |books, _| drop(books.posted.remove(0)));
    check("and its delivery is Some(Dead)", |_, kept| {
        kept.deliveries.insert(UNREAD.to_owned(), delivery(State::Dead, Order::Nothing));
    });
    check("and nobody was told", |_, kept| drop(kept.told.remove(0)));
    check("its counters say 3 unread", |_, kept| anas(kept).counters.unread = 3);
    check("was read, and that is lost", |books, _| books.deeds.push(deed(UNREAD, Act::Read, Some(before(1)))));
    check("was seen, and that is lost", |books, _| books.deeds.push(deed(UNREAD, Act::Seen, Some(before(1)))));
    check("is to be read again", |books, _| books.deeds.push(deed(READ, Act::Unread, Some(before(1)))));
    check("a topic is Some(Dead)", |_, kept| {
        kept.deliveries.insert(TOPIC.to_owned(), delivery(State::Dead, Order::Nothing));
    });
}

#[test]
fn a_client_that_shows_something_else_than_sql_has_is_told_of() {
    check("client 1 of ana has", |_, kept| _ = kept.shown[0].inbox.items.remove(READ));
    check("client 1 of ana has", |_, kept| kept.shown[0].inbox.counters.unread = 1);
    check(&format!("{READ}: Some"), |_, kept| {
        kept.shown[0].inbox.items.insert(READ.to_owned(), item(2, 2, false));
    });
    for gateways in [0, 3] {
        check("ana is connected, and shown with", |_, kept| {
            kept.present.insert("ana".to_owned(), gateways);
        });
    }
}

#[test]
fn a_fallback_goes_out_for_those_alone_who_have_not_read_in_time() {
    check("had been Read in time", |books, _| books.deeds.push(deed(UNREAD, Act::Read, Some(before(1)))));
    check("and was due at", |_, kept| drop(kept.copies.insert(PHONE.to_owned(), vec![before(1)])));
    for (act, until, at, cancel) in [
        (Act::Read, Until::Read, Some(before(1)), "Done"),
        (Act::Read, Until::Seen, Some(before(1)), "Done"),
        (Act::Seen, Until::Seen, Some(before(1)), "Done"),
        (Act::Seen, Until::Read, Some(before(1)), "NotAsked"),
        (Act::Unread, Until::Read, Some(before(1)), "NotAsked"),
        (Act::Read, Until::Read, Some(due()), "Reported"),
        (Act::Read, Until::Read, None, "Reported"),
    ] {
        let (mut books, kept) = good();
        books.posted = vec![posted(UNREAD, PHONE, until)];
        books.deeds = vec![deed(UNREAD, act, at)];
        let entries = fallbacks(&books, &kept);
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!((entry.recipient.as_str(), entry.id.clone()), (PHONE, Some(child_id(&key(UNREAD), 1))));
        let is_promised = entry.answer == Answer::Accepted;
        assert!(format!("{:?}", entry.cancel).starts_with(cancel), "{act:?} {until:?} {at:?}: {entry:?}");
        assert_eq!(is_promised, entry.cancel != Cancel::Reported, "{act:?} {until:?} {at:?}");
    }
}

#[test]
fn everything_that_was_handed_in_is_awaited() {
    let (books, _) = good();
    let mut ids: Vec<String> = books.handed_in().into_iter().filter_map(|entry| entry.id).collect();
    ids.sort_unstable();
    let mut expected = vec![UNREAD.to_owned(), READ.to_owned(), of("ana"), of("ben")];
    expected.sort_unstable();
    assert_eq!(ids, expected);
}
