//! What operators see: every column as it was written.

use crate::Claimed;
use domain::{Arrival, ChannelName, Key, Order, Reason, RecipientHasher, Row, State, Tenant, Timestamp, When};

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, recipient, refused};
use crate::tests::on_both;

on_both!(every_tenant_that_has_written_to_a_recipient_by_a_channel_is_found, every_order_reads_as_it_was_written);

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
