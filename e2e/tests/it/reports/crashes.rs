//! A dialog dies between any two of its steps with a report: the next one does and tells what is left.

use std::collections::BTreeSet;

use domain::State;
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use testkit::{NOW, key};
use topology::{Inbound, Publication, properties};

use super::{TO, settings, sms, target, until_all_are_taken};
use crate::escalation::{child_of, escalating};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;
const STEPS: [&str; 7] = [
    "dialog.followed",
    "dialog.kept",
    "dialog.answered_escalation",
    "dialog.told_before_merge",
    "dialog.merged",
    "dialog.told_after_merge",
    "dialog.published_before_ack",
];

/// A call as the API publishes it.
async fn call(fleet: &TestFleet, target: String) {
    let body = format!("MessageSid=SM1&MessageStatus=delivered&To=%2B{}", &TO[1..]);
    let inbound = Inbound::call("twilio", target, NOW, body);
    let Publication { message_id, body, headers, publisher_properties, .. } =
        Publication::of_inbound("call-1".into(), inbound);
    let properties = properties(&message_id, &headers, &publisher_properties);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
}

/// A fleet without processes so far, whose broker and ledger are ready.
async fn without_processes(provider: &Provider) -> TestFleet {
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings(provider)).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    fleet
}

/// A dialog that takes a call, and dies at this step with it.
async fn dies_with_a_call(fleet: &TestFleet, step: &str, target: String) {
    let abort_at = format!("{step}:1");
    let mut dialog = Process::start("dialog", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", abort_at.as_str())]));
    call(fleet, target).await;
    assert_eq!(dialog.ended().await, ABORTED, "{step}: {}", dialog.output());
}

#[tokio::test]
async fn a_report_whose_dialog_dies_at_any_step_is_merged_once_and_told() {
    for step in STEPS {
        let provider = Provider::start().await;
        let fleet = without_processes(&provider).await;
        fleet.subscribe("seen", "#").await;
        let _worker = Process::ready("worker", &fleet.environment).await;
        fleet.notify("order-1", &sms(TO)).await;
        fleet.until("order-1", State::Sent).await;
        dies_with_a_call(&fleet, step, target(&provider)).await;
        let _next = Process::ready("dialog", &fleet.environment).await;
        fleet.until("order-1", State::Delivered).await;
        let told = fleet.events_until("seen", "order-1", "delivered").await;
        until_all_are_taken(&fleet).await;
        let mut ids: BTreeSet<(String, String)> =
            told.iter().map(|event| (event.name().to_owned(), event.id().to_owned())).collect();
        while let Some(event) = fleet.try_event("seen").await {
            ids.insert((event.name().to_owned(), event.id().to_owned()));
        }
        let names: Vec<&str> = ids.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["delivered", "sent"], "{step}: each once, however often it was told");
        fleet.finish().await;
    }
}

#[tokio::test]
async fn a_child_that_was_called_off_by_a_dialog_that_died_is_never_sent_and_its_parent_is_moved_on() {
    let provider = Provider::start().await;
    let fleet = without_processes(&provider).await;
    let _worker = Process::ready("worker", &fleet.environment).await;
    fleet.notify("parent", &escalating(1)).await;
    fleet.until("parent", State::Sent).await;
    dies_with_a_call(&fleet, "dialog.answered_escalation", target(&provider)).await;
    // The child was published, and nobody has taken it so far.
    let child = child_of("parent");
    fleet.until(&child, State::Cancelled).await;
    fleet.until("parent", State::Sent).await;
    let _next = Process::ready("dialog", &fleet.environment).await;
    fleet.until("parent", State::Delivered).await;
    until_all_are_taken(&fleet).await;
    let _scheduler = Process::ready("scheduler", &fleet.environment).await;
    until("nothing left", async || (fleet.depth("notifications.queue.scheduled").await == 0).then_some(())).await;
    let key = domain::Key { id: child, ..key("any") };
    assert_eq!(fleet.store().job(&key).await.expect("the ledger answers"), None);
    assert_eq!(provider.count("whatsapp:+12025550144"), 0);
    fleet.finish().await;
}
