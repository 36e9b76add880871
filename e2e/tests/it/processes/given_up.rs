//! A worker that dies whenever it has taken one message: that is given up with a reason, before the broker would.

use e2e::processes::with;
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};

use super::{ABORTED, all_sent, number, publish, set_up};

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
        assert_eq!(worker.ended().await, ABORTED, "{}", worker.said());
    }
    publish(&fleet, 1..50).await;
    let mut worker = Process::start("worker", &fleet.environment);
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some("m0"), "redelivered_too_often"));
    assert!(letter.error.contains("delivered 11 times"), "{}", letter.error);
    all_sent(&fleet, &provider, 1..50).await;
    assert_eq!(provider.requests(), 49, "each of the others once");
    assert_eq!(provider.count(&number(0)), 0);
    assert!(fleet.delivery("m0").await.is_none(), "it was never claimed");
    assert!(worker.runs(), "{}", worker.said());
    fleet.finish().await;
}
