//! A worker dies between a commit and the acknowledgement: the next copy tells what was not told, and what was told by
//! the same id.

use domain::State;
use e2e::fleet::{Event, until};
use e2e::processes::{run, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};

use super::{QUEUE, broken, names, sms};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

/// A fleet of processes with a subscriber, and a worker that has died at this step of its first delivery.
async fn died_at(step: &str, provider: &Provider) -> TestFleet {
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    fleet.subscribe(QUEUE, "#").await;
    fleet.notify("d-1", &sms("+12025550101")).await;
    let mut worker = Process::start("worker", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", step)]));
    assert_eq!(worker.ended().await, ABORTED, "{}", worker.output());
    fleet
}

/// What a worker that has come after it tells, until the lane is empty.
async fn told_by_the_next(fleet: &TestFleet, name: &str) -> Vec<Event> {
    let worker = Process::ready("worker", &fleet.environment).await;
    let events = fleet.events_until(QUEUE, "d-1", name).await;
    until("nothing left", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    assert!(fleet.try_event(QUEUE).await.is_none(), "{}", worker.output());
    events
}

#[tokio::test]
async fn what_a_worker_has_committed_and_not_told_is_told_by_the_next_one() {
    let provider = Provider::start().await;
    let fleet = died_at("worker.recorded:1", &provider).await;
    fleet.until("d-1", State::Sent).await;
    assert!(fleet.try_event(QUEUE).await.is_none(), "it died before");
    let events = told_by_the_next(&fleet, "sent").await;
    assert_eq!((names(&events, "d-1"), provider.requests()), (vec!["sent"], 1));
    fleet.finish().await;
}

#[tokio::test]
async fn what_a_worker_has_told_and_not_acknowledged_is_told_again_by_the_same_id() {
    for step in ["worker.told:1", "worker.before_ack:1"] {
        let provider = Provider::start().await;
        let fleet = died_at(step, &provider).await;
        let first = fleet.event(QUEUE).await;
        let again = told_by_the_next(&fleet, "sent").await;
        assert_eq!((names(&again, "d-1"), again[0].id()), (vec!["sent"], first.id()), "{step}");
        assert_eq!((again[0].text.as_str(), provider.requests()), (first.text.as_str(), 1), "the same event");
        fleet.finish().await;
    }
}

#[tokio::test]
async fn a_retry_that_was_ordered_and_not_told_is_told_before_it_is_published() {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = died_at("worker.recorded:1", &provider).await;
    assert!(fleet.try_event(QUEUE).await.is_none(), "it died before");
    provider.answer(Answer::Accept);
    let events = told_by_the_next(&fleet, "sent").await;
    assert_eq!((names(&events, "d-1"), provider.requests()), (vec!["retrying", "sent"], 2));
    fleet.finish().await;
}
