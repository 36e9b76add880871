//! A worker dies between what it has recorded of a parent and the child that it has ordered.

use domain::State;
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use testkit::key;

use super::{child_of, escalating};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

/// A fleet of processes whose worker has sent a parent, and has died before it published the child.
async fn died_before_the_child(provider: &Provider) -> TestFleet {
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    fleet.notify("parent", &escalating(1)).await;
    let mut worker = Process::start("worker", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", "worker.recorded:1")]));
    assert_eq!(worker.ended().await, ABORTED, "{}", worker.output());
    fleet.until("parent", State::Sent).await;
    fleet
}

#[tokio::test]
async fn a_child_that_was_ordered_and_not_published_is_published_by_the_next_worker() {
    let provider = Provider::start().await;
    let fleet = died_before_the_child(&provider).await;
    let worker = Process::ready("worker", &fleet.environment).await;
    let scheduler = Process::ready("scheduler", &fleet.environment).await;
    fleet.until(&child_of("parent"), State::Sent).await;
    assert_eq!((provider.count("+12025550143"), provider.count("whatsapp:+12025550144")), (1, 1));
    drop((worker, scheduler));
    fleet.finish().await;
}

#[tokio::test]
async fn a_child_that_was_called_off_before_it_was_published_is_never_sent() {
    let provider = Provider::start().await;
    let fleet = died_before_the_child(&provider).await;
    let child = domain::Key { id: child_of("parent"), ..key("any") };
    let now = domain::Clock::now(&chasqui::clock::SystemClock);
    let cancelled = fleet.store().cancel(&child, now, &|_| None, None).await.expect("cancelled");
    assert_eq!(cancelled, store::Cancel::Unknown, "nobody has seen it yet");
    let worker = Process::ready("worker", &fleet.environment).await;
    let scheduler = Process::ready("scheduler", &fleet.environment).await;
    for queue in ["notifications.queue", "notifications.queue.scheduled"] {
        until("nothing left", async || (fleet.depth(queue).await == 0).then_some(())).await;
    }
    assert_eq!(fleet.store().job(&child).await.expect("read"), None);
    fleet.until(&child.id, State::Cancelled).await;
    assert_eq!(provider.count("whatsapp:+12025550144"), 0);
    drop((worker, scheduler));
    fleet.finish().await;
}
