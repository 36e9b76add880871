//! What operators see: pages without gaps or repetitions, and every column as it was written.

use crate::{Claimed, Cursor, Filter};
use domain::{Arrival, ChannelName, Key, Order, Reason, RecipientHasher, Row, State, Tenant, Timestamp, When};

use crate::tests::database::{
    Database, HOUR, arrival, at, candidate, candidate_at, decide, key, recipient, refused, sent,
};
use crate::tests::on_both;

on_both!(
    pages_join_without_gaps,
    ids_are_in_the_order_of_their_bytes,
    filters_narrow_the_list,
    every_tenant_that_has_written_to_a_recipient_by_a_channel_is_found,
    every_order_reads_as_it_was_written
);

#[tokio::test]
async fn ids_are_in_the_order_of_their_bytes_whatever_the_language() {
    ids_are_in_the_order_of_their_bytes(&Database::postgres_in_english().await).await;
}

async fn ids_are_in_the_order_of_their_bytes(db: &Database) {
    let store = db.store().await;
    for id in ["a", "B", "á", "_", "9"] {
        store.claim(candidate(id), &arrival(id), HOUR).await.unwrap();
    }
    let page = store.deliveries(Filter::default()).await.unwrap();
    let ids: Vec<String> = page.deliveries.into_iter().map(|view| view.row.key.id).collect();
    assert_eq!(ids, ["á", "a", "_", "B", "9"]);
}

async fn pages_join_without_gaps(db: &Database) {
    let store = db.store().await;
    for n in 0..10 {
        let id = format!("item/{n}");
        // Three rows share each instant.
        store.claim(candidate_at(&id, at(n / 3)), &arrival(&id), HOUR).await.unwrap();
    }
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store.deliveries(Filter { after, limit: 4, ..Filter::default() }).await.unwrap();
        ids.extend(page.deliveries.into_iter().map(|view| view.row.key.id));
        let Some(next) = page.next else { break };
        let text = next.to_string();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
        after = Cursor::parse(&text);
        assert_eq!(after, Some(next));
    }
    let newest_first = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map(|n| format!("item/{n}"));
    assert_eq!(ids, newest_first);
    assert_eq!(Cursor::parse("no cursor"), None);
}

async fn filters_narrow_the_list(db: &Database) {
    let store = db.store().await;
    let Claimed::New(row) = store.claim(candidate("sent"), &arrival("sent"), HOUR).await.unwrap() else { panic!() };
    store.record(&decide(&row, &sent()), None).await.unwrap();
    let Claimed::New(row) = store.claim(candidate("waiting"), &arrival("waiting"), HOUR).await.unwrap() else {
        panic!()
    };
    let mut transition = decide(&row, &refused());
    transition.row.ambiguous = true;
    store.record(&transition, None).await.unwrap();
    let ids = async |filter: Filter| {
        let page = store.deliveries(filter).await.unwrap();
        page.deliveries.into_iter().map(|view| view.row.key.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Filter { state: Some(State::Sent), ..Filter::default() }).await, ["sent"]);
    assert_eq!(ids(Filter { ambiguous: Some(true), ..Filter::default() }).await, ["waiting"]);
    assert_eq!(ids(Filter { ambiguous: Some(false), ..Filter::default() }).await, ["sent"]);
    assert_eq!(ids(Filter { tenant: Some(Tenant::default()), ..Filter::default() }).await.len(), 2);
    assert!(ids(Filter { tenant: Tenant::parse("other"), ..Filter::default() }).await.is_empty());
}

async fn every_tenant_that_has_written_to_a_recipient_by_a_channel_is_found(db: &Database) {
    let store = db.store().await;
    let other = RecipientHasher::new(b"another secret").hash("+12025550143");
    let nobody = RecipientHasher::new(b"secret").hash("+12025550199");
    let email = ChannelName::parse("email").unwrap();
    let sms = candidate("any").channel;
    for (n, (tenant, recipient_hash, channel)) in [
        ("acme", recipient(), &sms),
        ("acme", recipient(), &sms),
        ("before", other, &sms),
        ("nobody", nobody, &sms),
        ("mails", recipient(), &email),
    ]
    .into_iter()
    .enumerate()
    {
        let key = Key { tenant: Tenant::parse(tenant).unwrap(), id: format!("n-{n}") };
        let arrival = Arrival { key: key.clone(), ..arrival("any") };
        let row = Row { key, recipient_hash, channel: channel.clone(), ..candidate("any") };
        store.claim(row, &arrival, HOUR).await.unwrap();
    }
    let found = store.tenants_of(&sms, &[recipient(), other]).await.unwrap();
    assert_eq!(found.iter().map(Tenant::as_str).collect::<Vec<_>>(), ["acme", "before"]);
    assert!(store.tenants_of(&sms, &[]).await.unwrap().is_empty());
}

async fn every_order_reads_as_it_was_written(db: &Database) {
    let store = db.store().await;
    let dead = Reason::ALL.map(|reason| Order::DeadLetter { reason, error: "said ' \" so".into() });
    let others = [
        Order::Nothing,
        Order::Retry { tier: 3 },
        Order::Schedule { due: Timestamp::from_micros(1_800_000_000_123_456) },
        Order::Fallback,
        Order::Escalate { when: When::Undelivered, due: Timestamp::from_micros(1_800_000_000_123_457) },
        Order::GiveBack,
    ];
    for (n, order) in others.into_iter().chain(dead).enumerate() {
        let id = format!("order {n}");
        let Claimed::New(row) = store.claim(candidate(&id), &arrival(&id), HOUR).await.unwrap() else { panic!() };
        let mut transition = decide(&row, &refused());
        transition.row.state = State::ALL[n % State::ALL.len()];
        transition.row.order = order;
        transition.row.throttled_since = Some(at(5));
        transition.row.passed_over = (n % 2 == 0).then(|| "smtp: its limit is reached".to_owned());
        store.record(&transition, None).await.unwrap();
        let view = store.delivery(&key(&id)).await.unwrap().unwrap();
        assert_eq!(view.row, Row { version: 2, ..transition.row });
    }
}
