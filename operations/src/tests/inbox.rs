//! Inboxes: who reads which, what is called off by reading, and what is told.

use std::time::Duration;

use domain::{
    Actor, Arrival, EventName, FirstSight, Headers, InboxAct, Key, Lane, Notification, Outcome, Policy, Row, Scope,
    State, Telling, Tenant, Timestamp, Ways, When, child_id, content_of, decide,
};
use serde_json::{Value, json};
use store::{Claimed, InboxCursor, InboxFilter, InboxLimits, JournalFilter, Post, Recorded, Store};
use tokio::sync::mpsc::UnboundedReceiver;
use topology::{Publication, Publisher, To};
use uuid::Uuid;

use crate::inbox::{Inboxes, LookedFor, NotInbox, NotLooked, look, read_up_to, snoozed_until};
use crate::tests::fixtures::{DEFAULTS, Ledger, NOW, Still, key, ledger, recipients, tenant};
use crate::{NotDone, NotListed};

static CLOCK: Still = Still(NOW);

fn ana() -> Actor {
    Actor { name: "ana".into(), tenant: tenant("acme"), scopes: vec![Scope::Inbox] }
}

/// What a worker has in hand after its claim.
async fn claimed(store: &Store, key: Key, body: &Value) -> Row {
    let body = body.to_string();
    let notification = Notification::decode(body.as_bytes(), &DEFAULTS).unwrap();
    let arrival = Arrival::new(key, content_of(body.as_bytes()), &Headers::default(), false);
    let first = FirstSight {
        arrival: &arrival,
        notification: &notification,
        fingerprint: None,
        parent: None,
        published_at: None,
        hasher: &recipients(),
        token: Uuid::new_v4(),
        lane: Lane::Normal,
        now: NOW,
    };
    let Claimed::New(row) = store.claim(first.row(), &arrival, Duration::from_secs(60)).await.unwrap() else {
        panic!()
    };
    row
}

/// Puts a message into the inbox of ana, whose fallback waits for this.
async fn posted(store: &Store, id: &str, escalates: Option<When>) {
    let fallback = escalates.map(|_| json!([{"channel": "sms", "destination": "+12025550143"}]));
    let body = json!({"channel": "inapp", "destination": "user:ana", "message": "Hola", "fallback": fallback});
    let row = claimed(store, key(id), &body).await;
    let post = Post {
        user: "ana".into(),
        kind: "message".into(),
        title: None,
        body: "Hola".into(),
        data: None,
        action: None,
        escalates,
    };
    let transition = decide(&row, Ways::default(), &Outcome::Posted, &Policy::without_retries(), NOW);
    assert!(matches!(store.record_posted(&transition, post).await.unwrap(), Recorded::Posted(_)));
}

struct Told {
    ledger: Ledger,
    publisher: Publisher,
    published: UnboundedReceiver<Publication>,
}

impl Told {
    async fn start() -> Self {
        let (publisher, published) = Publisher::reporting();
        Self { ledger: ledger().await, publisher, published }
    }

    fn inboxes(&self) -> Inboxes<'_> {
        Inboxes {
            store: &self.ledger.store,
            publisher: &self.publisher,
            telling: Telling::All,
            defaults: &DEFAULTS,
            recipients: RECIPIENTS.get_or_init(recipients),
            clock: &CLOCK,
        }
    }

    /// The last words of the keys, and where the inbox stands by them.
    fn events(&mut self) -> Vec<(String, Value)> {
        let read = |one: Publication| {
            let To::Event(key) = one.to else { panic!("{:?}", one.to) };
            let body: Value = serde_json::from_slice(&one.body).unwrap();
            (key.rsplit('.').next().unwrap().to_owned(), body["data"]["inbox"].clone())
        };
        std::iter::from_fn(|| self.published.try_recv().ok()).map(read).collect()
    }

    async fn child_of(&self, id: &str) -> Option<State> {
        let child = Key { id: child_id(&key(id), 1), ..key(id) };
        self.ledger.store.delivery(&child).await.unwrap().map(|found| found.row.state)
    }
}

static RECIPIENTS: std::sync::OnceLock<domain::RecipientHasher> = std::sync::OnceLock::new();

#[tokio::test]
async fn reading_calls_the_child_off_that_waits_for_it_and_tells_where_the_inbox_stands() {
    let mut told = Told::start().await;
    posted(&told.ledger.store, "d-1", Some(When::Unread)).await;
    posted(&told.ledger.store, "d-2", Some(When::Unseen)).await;
    for (id, act, event, child) in [
        ("d-1", InboxAct::Seen, EventName::Seen, None),
        ("d-1", InboxAct::Read, EventName::Read, Some(State::Cancelled)),
        ("d-2", InboxAct::Seen, EventName::Seen, Some(State::Cancelled)),
    ] {
        let counters = told.inboxes().change(&ana(), None, id, act).await.unwrap();
        assert_eq!(told.child_of(id).await, child, "{id} {act:?}");
        let events = told.events();
        let expected = json!({
            "user": "ana", "seq": counters.seq, "epoch": counters.epoch, "unread": counters.unread,
            "unseen": counters.unseen,
        });
        assert_eq!(events, [(event.as_str().to_owned(), expected)], "{id} {act:?}");
    }
    let again = told.inboxes().change(&ana(), None, "d-1", InboxAct::Read).await.unwrap();
    assert_eq!((again.unread, told.events().len()), (1, 1), "a repeat changes nothing, and is told again");
}

#[tokio::test]
async fn reading_up_to_an_item_calls_off_every_child_that_waits_for_it() {
    let mut told = Told::start().await;
    for id in ["d-1", "d-2", "d-3"] {
        posted(&told.ledger.store, id, Some(When::Unread)).await;
    }
    let counters = told.inboxes().read_through(&ana(), None, 2).await.unwrap();
    assert_eq!((counters.unread, counters.unseen), (1, 1));
    let children = [told.child_of("d-1").await, told.child_of("d-2").await, told.child_of("d-3").await];
    assert_eq!(children, [Some(State::Cancelled), Some(State::Cancelled), None]);
    assert_eq!(told.events().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["read"]);
}

#[tokio::test]
async fn what_is_being_sent_when_its_item_is_read_is_not_called_back_and_reading_waits_for_nothing() {
    let told = Told::start().await;
    let store = &told.ledger.store;
    for id in ["d-1", "d-2", "d-3"] {
        posted(store, id, Some(When::Unread)).await;
        let child = Key { id: child_id(&key(id), 1), ..key(id) };
        claimed(store, child, &json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"})).await;
    }
    let counters = told.inboxes().change(&ana(), None, "d-1", InboxAct::Read).await.unwrap();
    assert_eq!((counters.unread, told.child_of("d-1").await), (2, Some(State::Sending)));
    let counters = told.inboxes().read_through(&ana(), None, 3).await.unwrap();
    assert_eq!((counters.unread, told.child_of("d-3").await), (0, Some(State::Sending)));
}

#[tokio::test]
async fn an_item_that_was_forgotten_was_not_read_and_its_child_goes_on_waiting() {
    let told = Told::start().await;
    let store = &told.ledger.store;
    for id in ["d-1", "d-2"] {
        posted(store, id, Some(When::Unread)).await;
    }
    assert_eq!(store.forget_inbox_items(InboxLimits { keep_for: None, most: 1 }, NOW, 9).await.unwrap(), 1);
    let inboxes = told.inboxes();
    assert_eq!(inboxes.change(&ana(), None, "d-1", InboxAct::Read).await, Err(NotInbox::Unknown));
    assert_eq!(inboxes.read_through(&ana(), None, 9).await.unwrap().unread, 0);
    assert_eq!([told.child_of("d-1").await, told.child_of("d-2").await], [None, Some(State::Cancelled)]);
}

#[tokio::test]
async fn a_user_has_the_own_inbox_and_another_only_by_support() {
    let told = Told::start().await;
    posted(&told.ledger.store, "d-1", None).await;
    let newest = InboxCursor::Newest { filter: InboxFilter::Current, before: None };
    let ben = Actor { name: "ben".into(), ..ana() };
    let support = Actor { scopes: vec![Scope::Read], ..ben.clone() };
    let (inboxes, denied) = (told.inboxes(), |needed| NotInbox::NotDone(NotDone::Denied(domain::Denied { needed })));
    assert_eq!(inboxes.page(&ana(), None, newest, 9).await.unwrap().items.len(), 1);
    assert_eq!(inboxes.page(&ben, None, newest, 9).await.unwrap().items.len(), 0);
    assert_eq!(inboxes.page(&ben, Some("ana"), newest, 9).await, Err(denied(Scope::Read)));
    assert_eq!(inboxes.page(&support, Some("ana"), newest, 9).await.unwrap().items.len(), 1);
    assert_eq!(inboxes.change(&ben, None, "d-1", InboxAct::Read).await, Err(NotInbox::Unknown));
    let changed = inboxes.change(&support, Some("ana"), "d-1", InboxAct::Read).await;
    assert_eq!(changed, Err(denied(Scope::Operate)));
    let of_another = Actor { tenant: Tenant::default(), ..ana() };
    assert_eq!(inboxes.counters(&of_another, None).await.unwrap().unread, 0);
    let nobody = Actor { name: "a b".into(), ..ana() };
    assert_eq!(inboxes.counters(&nobody, None).await, Err(NotInbox::NoUser));
}

#[tokio::test]
async fn whoever_looks_into_the_inbox_of_another_is_in_the_journal_and_whoever_reads_the_own_is_not() {
    let told = Told::start().await;
    let store = &told.ledger.store;
    posted(store, "d-1", None).await;
    let newest = InboxCursor::Newest { filter: InboxFilter::All, before: None };
    let support = Actor { name: "eva".into(), scopes: vec![Scope::Read], ..ana() };
    let looks = async || -> Vec<(String, String)> {
        let filter = JournalFilter { kind: Some("inbox.opened".into()), limit: 10, ..JournalFilter::default() };
        let page = store.journal_page(&filter).await.unwrap();
        page.entries.into_iter().map(|entry| (entry.row.actor, entry.row.subject)).collect()
    };
    told.inboxes().page(&ana(), None, newest, 9).await.unwrap();
    told.inboxes().page(&Actor { scopes: vec![Scope::Read], ..ana() }, Some("ana"), newest, 9).await.unwrap();
    assert_eq!(looks().await, [], "it is her own");
    let all = LookedFor { user: "ana", filter: InboxFilter::All, after: None };
    let seen = look(store, &support, all, 9, NOW).await.unwrap();
    assert_eq!((seen.page.items.len(), seen.kept.items, seen.kept.archived), (1, 1, 0));
    told.inboxes().page(&support, Some("ana"), newest, 9).await.unwrap();
    assert_eq!(looks().await, [("eva".to_owned(), "ana".to_owned())], "once for both");
    let nobody = Actor { scopes: vec![Scope::Notify], ..support };
    let denied = NotLooked::NotDone(NotDone::Denied(domain::Denied { needed: Scope::Read }));
    assert_eq!(look(store, &nobody, all, 9, NOW).await, Err(denied));
    assert_eq!(looks().await.len(), 1);
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_an_inbox_is_refused_and_nobody_has_looked() {
    let told = Told::start().await;
    let store = &told.ledger.store;
    for id in ["d-1", "d-2"] {
        posted(store, id, None).await;
    }
    let support = Actor { name: "eva".into(), scopes: vec![Scope::Read], ..ana() };
    let all = LookedFor { user: "ana", filter: InboxFilter::All, after: None };
    let first = look(store, &support, all, 1, NOW).await.unwrap();
    let behind = LookedFor { after: first.next.as_ref(), ..all };
    let second = look(store, &support, behind, 1, NOW).await.unwrap();
    assert_eq!((second.page.items.len(), second.next), (1, None));
    assert_ne!(second.page.items, first.page.items);
    let elsewhere = Actor { tenant: Tenant::parse("other").unwrap(), ..support.clone() };
    for (actor, wanted) in [
        (&support, LookedFor { filter: InboxFilter::Unread, ..behind }),
        (&support, LookedFor { user: "ben", ..behind }),
        (&elsewhere, behind),
    ] {
        let refused = look(store, actor, wanted, 1, NOW).await;
        assert_eq!(refused, Err(NotLooked::NotListed(NotListed::OtherFilter)), "{wanted:?}");
    }
    let filter = JournalFilter { kind: Some("inbox.opened".into()), limit: 10, ..JournalFilter::default() };
    let told: Vec<String> =
        store.journal_page(&filter).await.unwrap().entries.into_iter().map(|entry| entry.row.subject).collect();
    assert_eq!(told, ["ana"], "nothing was shown of the others");
}

#[test]
fn bodies_say_everything_that_is_wrong_at_once() {
    let later = NOW.plus(Duration::from_secs(60));
    assert_eq!(snoozed_until(&json!({"until": later.to_string()}).to_string(), NOW), Ok(later));
    assert_eq!(read_up_to(r#"{"through": 7}"#), Ok(7));
    let told = |refused: crate::Refused| match refused {
        crate::Refused::Text(errors) | crate::Refused::Fields(errors) => {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }
        other @ crate::Refused::Tenant { .. } => panic!("{other:?}"),
    };
    let until = |text: &str| told(snoozed_until(text, NOW).map(Timestamp::as_micros).unwrap_err());
    assert!(until("{}").starts_with("/until is missing"));
    assert!(until(&json!({"until": NOW.to_string()}).to_string()).contains("must be ahead"));
    assert!(until(r#"{"untill": 1}"#).contains("did you mean until?"));
    let through = |text: &str| told(read_up_to(text).unwrap_err());
    assert!(through("{}").starts_with("/through is missing"));
    assert!(through(r#"{"through": -1, "x": 1}"#).contains("; /x is not known"));
}
