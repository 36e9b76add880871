//! A dialog dies between what it has published and the acknowledgement: the next one makes the same delivery.

use domain::State;
use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::receiver::Receiver;
use e2e::{Database, Process, TestFleet};

use super::{QUEUE, endpoint, event_of, posted, settings, sms, until, until_bound, webhook_id};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

#[tokio::test]
async fn what_a_dialog_has_published_and_not_acknowledged_is_posted_once() {
    let (provider, receiver) = (Provider::start().await, Receiver::start().await);
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings(&provider)).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    endpoint(&fleet, "orders", &receiver, &[]).await;
    let dying = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "dialog.published_before_ack:1")]);
    let mut dialog = Process::start("dialog", &dying);
    until_bound(&fleet, true).await;
    let worker = Process::ready("worker", &fleet.environment).await;
    fleet.notify("order-1", &sms("+12025550101")).await;
    assert_eq!(dialog.ended().await, ABORTED, "{}", dialog.output());
    let _next = Process::ready("dialog", &fleet.environment).await;
    let told = posted(&receiver, 1).await.remove(0);
    fleet.until(&webhook_id(&event_of(&told), "orders", 1), State::Sent).await;
    until("nothing left", async || (fleet.depth(QUEUE).await == 0).then_some(())).await;
    until("no copy left", async || (fleet.depth("notifications.queue.bulk").await == 0).then_some(())).await;
    assert_eq!(receiver.posted().len(), 1, "{}", worker.output());
    fleet.finish().await;
}
