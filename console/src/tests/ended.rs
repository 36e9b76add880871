//! Deliveries as a worker leaves them behind.

use std::time::Duration;

use domain::{Arrival, Failure, Headers, Outcome, Policy, Reason, Row, Ways, decide};
use store::{Capture, Claimed, Post, Recorded, Store};
use testkit::NOW;

/// A delivery of this row whose first attempt has ended like this, and what the sandbox kept of it.
pub(crate) async fn ended(store: &Store, row: Row, outcome: &Outcome, capture: Option<Capture>) {
    let arrival = Arrival::new(row.key.clone(), row.content.unwrap(), &Headers::default(), false);
    let claimed = store.claim(row, &arrival, Duration::from_secs(60)).await.unwrap();
    let Claimed::New(row) = claimed else { panic!("it is known") };
    let decided = decide(&row, Ways::default(), outcome, &Policy::without_retries(), NOW);
    store.record(&decided, capture).await.unwrap();
}

/// One whose provider has refused it for good.
pub(crate) async fn dead(store: &Store, id: &str) {
    let failure = Failure::new("twilio", Some("21610".to_owned()), "a <blocked> number");
    let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
    ended(store, testkit::row(id), &refused, None).await;
}

/// One that stands in an inbox.
pub(crate) async fn posted(store: &Store, id: &str, post: Post) {
    let row = testkit::row(id);
    let arrival = Arrival::new(row.key.clone(), row.content.unwrap(), &Headers::default(), false);
    let claimed = store.claim(row, &arrival, Duration::from_secs(60)).await.unwrap();
    let Claimed::New(row) = claimed else { panic!("{id} is known") };
    let decided = decide(&row, Ways::default(), &Outcome::Posted, &Policy::without_retries(), NOW);
    let recorded = store.record_posted(&decided, post).await.unwrap();
    assert!(matches!(recorded, Recorded::Posted(_)), "{recorded:?}");
}
