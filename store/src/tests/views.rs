//! What operators see: every column as it was written.

use crate::Claimed;
use domain::{Order, Reason, Row, State, Timestamp, When};

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, refused};
use crate::tests::on_both;

on_both!(every_order_reads_as_it_was_written);

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
