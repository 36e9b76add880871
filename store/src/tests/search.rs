//! What operators search by: each filter finds what it names, pages join, and a rare thing is found over many looks.

use domain::{Failure, Lane, Order, Origin, Outcome, Priority, Reason, Row, State, Tenant};

use crate::tests::database::{Database, HOUR, arrival, at, candidate_at, decide, key, recipient, refused, sent};
use crate::tests::on_both;
use crate::{Claimed, Cursor, Filter, Store};

on_both!(
    pages_join_without_gaps,
    ids_are_in_the_order_of_their_bytes,
    filters_narrow_the_list,
    what_a_delivery_was_at_first_is_read_as_it_was_written,
    the_beginning_of_ids_lists_them_in_their_order,
    a_page_looks_at_so_many_rows_and_no_more,
    what_is_rare_is_found_behind_the_first_rows,
    no_cursor_names_a_delivery_of_another_tenant
);

#[tokio::test]
async fn ids_are_in_the_order_of_their_bytes_whatever_the_language() {
    ids_are_in_the_order_of_their_bytes(&Database::postgres_in_english().await).await;
}

/// Claims a delivery that was first seen so many seconds after the tests began.
async fn claimed(store: &Store, id: &str, seen: i64, origin: Origin) -> Row {
    let candidate = Row { origin, ..candidate_at(id, at(seen)) };
    let Claimed::New(row) = store.claim(candidate, &arrival(id), HOUR).await.unwrap() else { panic!("{id} is known") };
    row
}

async fn ended(store: &Store, id: &str, seen: i64, origin: Origin, outcome: &Outcome) {
    let row = claimed(store, id, seen, origin).await;
    store.record(&decide(&row, outcome), None).await.unwrap();
}

async fn ids(store: &Store, filter: Filter) -> Vec<String> {
    let page = store.deliveries(filter).await.unwrap();
    page.deliveries.into_iter().map(|view| view.row.key.id).collect()
}

/// The ids of all pages, each of which looks at so many rows, and how many pages there were.
async fn all(store: &Store, filter: &Filter, look: usize) -> (Vec<String>, usize) {
    let (mut ids, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.page(Filter { after, ..filter.clone() }, look).await.unwrap();
        ids.extend(page.deliveries.into_iter().map(|view| view.row.key.id));
        pages += 1;
        let Some(next) = page.next else { return (ids, pages) };
        let text = next.to_string();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
        after = Cursor::parse(&text);
        assert_eq!(after, Some(next));
    }
}

async fn ids_are_in_the_order_of_their_bytes(db: &Database) {
    let store = db.store().await;
    for id in ["a", "B", "á", "_", "9"] {
        claimed(&store, id, 0, Origin::default()).await;
    }
    assert_eq!(ids(&store, Filter::default()).await, ["á", "a", "_", "B", "9"]);
}

async fn pages_join_without_gaps(db: &Database) {
    let store = db.store().await;
    for n in 0..10 {
        // Three rows share each instant.
        claimed(&store, &format!("item/{n}"), n / 3, Origin::default()).await;
    }
    let newest_first = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map(|n| format!("item/{n}"));
    let tenant = Some(Tenant::default());
    let found = crate::tests::database::candidate("any").recipient_hash;
    for filter in [
        Filter::default(),
        Filter { tenant: tenant.clone(), ..Filter::default() },
        Filter { tenant, recipient: vec![recipient(), found], ..Filter::default() },
    ] {
        let (ids, pages) = all(&store, &Filter { limit: 4, ..filter }, 1_000).await;
        assert_eq!((ids.as_slice(), pages), (newest_first.as_slice(), 3));
    }
}

async fn filters_narrow_the_list(db: &Database) {
    let store = db.store().await;
    let welcome = || Origin { template: Some("welcome".into()), ..Origin::default() };
    ended(&store, "sent", 0, welcome(), &sent()).await;
    let row = claimed(&store, "waiting", 10, Origin::default()).await;
    let mut transition = decide(&row, &refused());
    transition.row.ambiguous = true;
    store.record(&transition, None).await.unwrap();
    let failure = Failure::new("smtp", Some("550".into()), "no such user");
    ended(&store, "dead", 20, welcome(), &Outcome::Permanent { reason: Reason::Permanent, failure }).await;
    let all = Filter::default;
    let everything = vec!["dead", "waiting", "sent"];
    for (filter, expected) in [
        (Filter { state: Some(State::Sent), ..all() }, vec!["sent"]),
        (Filter { ambiguous: Some(true), ..all() }, vec!["waiting"]),
        (Filter { ambiguous: Some(false), ..all() }, vec!["dead", "sent"]),
        (Filter { tenant: Some(Tenant::default()), ..all() }, everything.clone()),
        (Filter { tenant: Tenant::parse("other"), ..all() }, vec![]),
        (Filter { channel: Some(row.channel.clone()), ..all() }, everything.clone()),
        (Filter { channel: domain::ChannelName::parse("push").ok(), ..all() }, vec![]),
        (Filter { provider: Some("smtp".into()), ..all() }, vec!["dead"]),
        (Filter { template: Some("welcome".into()), ..all() }, vec!["dead", "sent"]),
        (Filter { reason: Some(Reason::Permanent), ..all() }, vec!["dead"]),
        (Filter { reason: Some(Reason::Exhausted), ..all() }, vec![]),
        (Filter { code: Some("503".into()), ..all() }, vec!["waiting"]),
        (Filter { from: Some(at(10)), ..all() }, vec!["dead", "waiting"]),
        (Filter { until: Some(at(10)), ..all() }, vec!["sent"]),
        (Filter { from: Some(at(10)), until: Some(at(20)), ..all() }, vec!["waiting"]),
        (Filter { id_prefix: Some("s".into()), ..all() }, vec!["sent"]),
        (Filter { id_prefix: Some("s".into()), code: Some("503".into()), ..all() }, vec![]),
        (Filter { recipient: vec![row.recipient_hash], ..all() }, everything),
        (Filter { recipient: vec![recipient()], ..all() }, vec![]),
    ] {
        assert_eq!(ids(&store, filter.clone()).await, expected, "{filter:?}");
        let of_tenant = Filter { tenant: Some(filter.tenant.clone().unwrap_or_default()), ..filter };
        assert_eq!(ids(&store, of_tenant.clone()).await, expected, "{of_tenant:?}");
    }
}

async fn what_a_delivery_was_at_first_is_read_as_it_was_written(db: &Database) {
    let store = db.store().await;
    let some = |text: &str| Some(text.to_owned());
    for (n, lane) in Lane::ALL.into_iter().enumerate() {
        for priority in [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent] {
            let id = format!("{n} {}", priority.as_str());
            let origin = Origin { lane: Some(lane), priority, template: some("welcome"), locale: some("es-AR") };
            let row = claimed(&store, &id, 0, origin.clone()).await;
            store.record(&decide(&row, &refused()), None).await.unwrap();
            let read = store.delivery(&key(&id)).await.unwrap().unwrap().row;
            assert_eq!((read.origin, read.order), (origin, Order::Retry { tier: 1 }));
        }
    }
}

async fn the_beginning_of_ids_lists_them_in_their_order(db: &Database) {
    let store = db.store().await;
    for (seen, id) in ["b-2", "a", "b-10", "b", "c", "b-é", "b.", "B-1"].into_iter().enumerate() {
        claimed(&store, id, i64::try_from(seen).unwrap(), Origin::default()).await;
    }
    for tenant in [None, Some(Tenant::default())] {
        let filter = |prefix: &str| Filter {
            tenant: tenant.clone(),
            id_prefix: Some(prefix.to_owned()),
            limit: 2,
            ..Filter::default()
        };
        assert_eq!(all(&store, &filter("b-"), 1_000).await.0, ["b-10", "b-2", "b-é"]);
        assert_eq!(all(&store, &filter("b-é"), 1_000).await.0, ["b-é"]);
        assert_eq!(all(&store, &filter("x"), 1_000).await.0, [""; 0]);
        let newer = Filter { from: Some(at(2)), ..filter("b") };
        assert_eq!(all(&store, &newer, 2).await.0, ["b", "b-10", "b-é", "b."]);
    }
}

async fn a_page_looks_at_so_many_rows_and_no_more(db: &Database) {
    let store = db.store().await;
    for n in 0..20 {
        let outcome = if n % 9 == 0 { sent() } else { refused() };
        // Two rows share each instant, and a look may end between them.
        ended(&store, &format!("item {n:02}"), n / 2, Origin::default(), &outcome).await;
    }
    let found = ["item 18", "item 09", "item 00"];
    let tenant = Some(Tenant::default());
    let rare = Filter { state: Some(State::Sent), ..Filter::default() };
    for filter in [rare.clone(), Filter { tenant, ..rare.clone() }] {
        assert_eq!(all(&store, &filter, 1_000).await, (found.map(str::to_owned).to_vec(), 1));
        for look in [1, 3, 7] {
            let (ids, pages) = all(&store, &filter, look).await;
            assert_eq!(ids, found, "{look}");
            assert!(pages > 20 / look, "{look}: {pages}");
        }
    }
    let by_id = Filter { id_prefix: Some("item".into()), ..rare };
    for look in [1, 3, 7] {
        assert_eq!(all(&store, &by_id, look).await.0, ["item 00", "item 09", "item 18"], "{look}");
    }
}

async fn what_is_rare_is_found_behind_the_first_rows(db: &Database) {
    let store = db.store().await;
    ended(&store, "rare", 0, Origin::default(), &sent()).await;
    for n in 1..=60 {
        claimed(&store, &format!("item {n:02}"), n, Origin::default()).await;
    }
    ended(&store, "fresh", 61, Origin::default(), &sent()).await;
    let sent = Filter { state: Some(State::Sent), limit: 1, ..Filter::default() };
    assert_eq!(all(&store, &sent, 1_000).await, (["fresh", "rare"].map(str::to_owned).to_vec(), 2));
}

async fn no_cursor_names_a_delivery_of_another_tenant(db: &Database) {
    let store = db.store().await;
    let (own, other) = (Tenant::default(), Tenant::parse("other").unwrap());
    for n in 0..6 {
        let id = format!("item {n}");
        let tenant = if n % 2 == 0 { own.clone() } else { other.clone() };
        let key = domain::Key { tenant, id: id.clone() };
        let candidate = Row { key: key.clone(), ..candidate_at(&id, at(n)) };
        store.claim(candidate, &domain::Arrival { key, ..arrival(&id) }, HOUR).await.unwrap();
    }
    let recipient = vec![candidate_at("any", at(0)).recipient_hash];
    let rare = Filter { tenant: Some(own), state: Some(State::Sent), ..Filter::default() };
    for filter in
        [rare.clone(), Filter { recipient, ..rare.clone() }, Filter { id_prefix: Some("item".into()), ..rare.clone() }]
    {
        let mut after = None;
        let mut pages = 0;
        while let Some(next) = store.page(Filter { after, ..filter.clone() }, 1).await.unwrap().next {
            let told = format!("{next:?}");
            assert!(!told.contains("other") && told.contains("item"), "{filter:?}: {told}");
            after = Some(next);
            pages += 1;
        }
        assert_eq!(pages, 3, "one for each delivery of its own: {filter:?}");
    }
}
