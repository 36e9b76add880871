//! A worker that dies whenever it has taken one message: that is given up with a reason, before the broker would.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{Clock as _, State};
use e2e::processes::with;
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use lapin::BasicProperties;
use store::Patience;

use super::{ABORTED, all_sent, number, publish, set_up, sms};

/// After so many the next worker gives the message up.
const DEATHS: usize = 10;

#[tokio::test]
async fn a_message_that_has_ended_ten_workers_is_given_up_before_anything_is_sent_for_it() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    set_up(&mut fleet).await;
    publish(&fleet, 0..1).await;
    let armed = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "worker.received:1")]);
    for _ in 0..DEATHS {
        let mut worker = Process::start("worker", &armed);
        assert_eq!(worker.ended().await, ABORTED, "{}", worker.output());
    }
    publish(&fleet, 1..50).await;
    let mut worker = Process::start("worker", &fleet.environment);
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some("m0"), "redelivered_too_often"));
    assert!(letter.error.contains("delivered 11 times"), "{}", letter.error);
    all_sent(&fleet, &provider, 1..50).await;
    assert_eq!(provider.requests(), 49, "each of the others once");
    assert_eq!(provider.count(&number(0)), 0);
    let row = fleet.until("m0", State::Dead).await.row;
    assert!(!row.ambiguous, "nothing was sent for it");
    assert!(worker.runs(), "{}", worker.output());
    fleet.finish().await;
}

/// The first worker dies with the message claimed, nine more before they have looked at it.
async fn a_row_ends_with_its_message(id: Option<&str>) {
    let provider = Provider::start().await;
    let settings =
        [provider.settings(), vec![("PROVIDER_TIMEOUT_SECONDS", "0.5"), ("WORKER_LEASE_SECONDS", "11")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    set_up(&mut fleet).await;
    let properties = BasicProperties::default();
    let properties = id.map_or(properties.clone(), |id| properties.with_message_id(id.into()));
    fleet.publish(sms(&number(0)).to_string(), properties).await;
    for death in 0..DEATHS {
        let step = if death == 0 { "worker.claimed:1" } else { "worker.received:1" };
        let mut worker = Process::start("worker", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", step)]));
        assert_eq!(worker.ended().await, ABORTED, "{}", worker.output());
    }
    let patience = Patience { after: Duration::ZERO, delays: [Duration::ZERO; 3] };
    let stuck = e2e::fleet::until("the lease has ended", async || {
        fleet.store().stuck_deliveries(patience, SystemClock.now()).await.expect("read").pop()
    })
    .await;
    let mut worker = Process::start("worker", &fleet.environment);
    let letter = fleet.take_dead_letters(1).await.remove(0);
    let key = stuck.view.row.key;
    assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some(&*key.id), "redelivered_too_often"));
    let row = fleet.until(&key.id, State::Dead).await.row;
    assert!(row.ambiguous, "the worker that had claimed it may have sent it");
    assert_eq!(provider.requests(), 0);
    assert!(worker.runs(), "{}", worker.output());
    fleet.finish().await;
}

#[tokio::test]
async fn a_row_whose_message_ended_ten_workers_ends_with_it() {
    a_row_ends_with_its_message(Some("m0")).await;
}

#[tokio::test]
async fn a_row_whose_message_ended_ten_workers_ends_with_it_without_an_id() {
    a_row_ends_with_its_message(None).await;
}
