//! A scheduler dies between two pages of a topic.

use domain::{State, Tenant};
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use serde_json::json;

use super::{ON, members};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

#[tokio::test]
async fn a_topic_whose_scheduler_dies_between_two_pages_reaches_each_member_once() {
    const MEMBERS: usize = 1_100;
    let mut fleet = TestFleet::prepare(Database::Postgres, &[ON]).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    members(&fleet, MEMBERS).await;
    let body = json!({"channel": "inapp", "destination": "topic:all", "message": "Hola"});
    fleet.notify("topic", &body).await;
    let worker = Process::ready("worker", &fleet.environment).await;
    let settings = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "scheduler.page_told:1")]);
    let mut scheduler = Process::start("scheduler", &settings);
    assert_eq!(scheduler.ended().await, ABORTED, "{}", scheduler.output());
    let scheduler = Process::ready("scheduler", &fleet.environment).await;
    fleet.until("topic", State::Sent).await;
    let counters = async |user: &str| fleet.store().inbox_counters(&Tenant::default(), user).await.expect("counters");
    for n in 0..MEMBERS {
        let user = format!("u-{n:04}");
        until("the member is told", async || (counters(&user).await.unread == 1).then_some(())).await;
    }
    for queue in ["notifications.queue.fanout", "notifications.queue"] {
        until("nothing left", async || (fleet.depth(queue).await == 0).then_some(())).await;
    }
    for n in 0..MEMBERS {
        let user = format!("u-{n:04}");
        assert_eq!(counters(&user).await.seq, 1, "{user} is told once");
    }
    drop((worker, scheduler));
    fleet.finish().await;
}
