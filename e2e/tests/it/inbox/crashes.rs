//! A scheduler dies with a message to a topic: between two pages, and at every other step.

use domain::{State, Tenant};
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use serde_json::json;

use super::{ON, members};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

/// A place for a fleet of processes, and a topic with so many members.
async fn prepared(count: usize) -> TestFleet {
    let mut fleet = TestFleet::prepare(Database::Postgres, &[ON]).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    members(&fleet, count).await;
    fleet
}

/// Sends a message to everybody, whose scheduler dies at this step, and starts another one.
async fn told_by_one_that_dies(fleet: &TestFleet, id: &str, step: &str) -> Process {
    let body = json!({"channel": "inapp", "destination": "topic:all", "message": "Hola"});
    fleet.notify(id, &body).await;
    let mut scheduler = Process::start("scheduler", &with(&fleet.environment, &[("CHASQUI_ABORT_AT", step)]));
    assert_eq!(scheduler.ended().await, ABORTED, "{}", scheduler.output());
    Process::ready("scheduler", &fleet.environment).await
}

/// Waits until each member has so many messages and nothing is on its way, and shows that no member has more.
async fn each_is_told(fleet: &TestFleet, count: usize, messages: i64) {
    let counters = async |user: &str| fleet.store().inbox_counters(&Tenant::default(), user).await.expect("counters");
    for n in 0..count {
        let user = format!("u-{n:04}");
        until("the member is told", async || (counters(&user).await.unread == messages).then_some(())).await;
    }
    for queue in ["notifications.queue.fanout", "notifications.queue"] {
        until("nothing left", async || (fleet.depth(queue).await == 0).then_some(())).await;
    }
    for n in 0..count {
        let user = format!("u-{n:04}");
        assert_eq!(counters(&user).await.seq, messages, "{user} is told once");
    }
}

#[tokio::test]
async fn a_topic_whose_scheduler_dies_between_two_pages_reaches_each_member_once() {
    const MEMBERS: usize = 1_100;
    let fleet = prepared(MEMBERS).await;
    let worker = Process::ready("worker", &fleet.environment).await;
    let scheduler = told_by_one_that_dies(&fleet, "topic", "scheduler.page_told:1").await;
    fleet.until("topic", State::Sent).await;
    each_is_told(&fleet, MEMBERS, 1).await;
    drop((worker, scheduler));
    fleet.finish().await;
}

#[tokio::test]
async fn a_topic_whose_scheduler_dies_at_any_step_reaches_each_member_once() {
    const MEMBERS: usize = 7;
    let fleet = prepared(MEMBERS).await;
    let worker = Process::ready("worker", &fleet.environment).await;
    let steps =
        ["scheduler.member_told:3", "scheduler.page_told:1", "scheduler.page_noted:1", "scheduler.fan_out_ended:1"];
    for (step, messages) in steps.into_iter().zip(1..) {
        let id = format!("topic-{messages}");
        let scheduler = told_by_one_that_dies(&fleet, &id, step).await;
        fleet.until(&id, State::Sent).await;
        each_is_told(&fleet, MEMBERS, messages).await;
        drop(scheduler);
    }
    drop(worker);
    fleet.finish().await;
}
