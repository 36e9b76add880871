//! The real binary as processes: signals, kills, several at once, services that go away, refusals at start.

mod accounts;
mod anonymous;
mod audit;
mod backups;
mod bounces;
mod commands;
mod crashes;
mod crowds;
mod ends;
#[cfg(feature = "failpoints")]
mod given_up;
mod lint;
mod outages;
mod panics;
mod proofs;
mod refusals;
mod stuck;
mod told;
mod unwritten;
mod up;
mod up_again;

use domain::State;
use e2e::TestFleet;
use e2e::processes::run;
use e2e::provider::Provider;
use lapin::BasicProperties;
use serde_json::{Value, json};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

fn number(n: usize) -> String {
    format!("+1202555{n:04}")
}

/// The queues and the tables, before any process of the fleet has made them.
async fn set_up(fleet: &mut TestFleet) {
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
}

/// Publishes `m0`, `m1`, … to the normal lane, each to a number of its own.
async fn publish(fleet: &TestFleet, numbers: std::ops::Range<usize>) {
    for n in numbers {
        fleet.notify(&format!("m{n}"), &sms(&number(n))).await;
    }
}

/// As [`publish`], to the scheduled queue.
async fn publish_jobs(fleet: &TestFleet, numbers: std::ops::Range<usize>, due: &str) {
    for n in numbers {
        let mut body = sms(&number(n));
        body["send_at"] = json!(due);
        let properties = BasicProperties::default().with_message_id(format!("m{n}").into());
        fleet.publish_to("notifications.exchange", "notifications.key.scheduled", body.to_string(), properties).await;
    }
}

/// All of them are sent, and none twice in silence.
async fn all_sent(fleet: &TestFleet, provider: &Provider, numbers: std::ops::Range<usize>) {
    for n in numbers {
        let view = fleet.until(&format!("m{n}"), State::Sent).await;
        let copies = provider.count(&number(n));
        assert!(copies == 1 || view.row.ambiguous, "m{n} was sent {copies} times in silence");
    }
}

async fn received(provider: &Provider, count: usize) {
    let what = format!("{count} requests at the provider");
    e2e::fleet::until(&what, async || (provider.received().len() >= count).then_some(())).await;
}
