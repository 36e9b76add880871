//! What was lost by somebody's hand does not stay unseen: the command, the metric, and the way out.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{Clock as _, Lane, State, content_of};
use e2e::processes::{run, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use serde_json::Value;
use store::{Job, JobSummary};

use super::{number, publish, sms};
use crate::schedule::job;

fn overdue_job(body: Value) -> Job {
    let now = SystemClock.now();
    let body = body.to_string().into_bytes();
    let due = now.minus(Duration::from_secs(3600));
    let Job { summary, carried, .. } = job("late job", Lane::Bulk, due);
    let (recipient_mask, content) = (Some("***01".into()), content_of(&body));
    Job { summary: JobSummary { recipient_mask, content, created_at: now, ..summary }, body, carried }
}

/// A delivery that waits for a message that somebody has taken out of its queue.
async fn lose_a_message(fleet: &mut TestFleet, provider: &Provider) {
    provider.answer(Answer::Refuse { status: 503, code: 0, retry_after: None });
    let mut worker = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    publish(fleet, 0..1).await;
    super::received(provider, 1).await;
    assert_eq!(worker.end(Signal::Term).await, 0, "{}", worker.output());
    let back = e2e::fleet::until("the message comes back to its lane", async || {
        fleet.amqp.basic_get("notifications.queue".into(), BasicGetOptions::default()).await.expect("get")
    })
    .await;
    back.delivery.acker.ack(BasicAckOptions::default()).await.expect("taken out");
    assert_eq!(fleet.delivery("m0").await.expect("a row").row.state, State::Waiting);
}

async fn what_does_not_move_is_listed_and_counted(database: Database) {
    let provider = Provider::start().await;
    // So many retries that it waits whenever the worker is stopped.
    let settings = [provider.settings(), vec![("WORKER_MAX_RETRIES", "1000")]].concat();
    let mut fleet = TestFleet::prepare(database, &settings).await.expect("a place");
    assert_eq!(run(&["migrate"], &fleet.environment).await.0, 0);
    lose_a_message(&mut fleet, &provider).await;
    fleet.store().put_job(overdue_job(sms(&number(1)))).await.expect("stored");

    let (code, said) = run(&["stuck", "--older-than", "2h"], &fleet.environment).await;
    assert!(code == 0 && said.contains("nothing stuck for more than 2 h"), "{said}");
    let (code, said) = run(&["stuck", "--older-than", "0s"], &fleet.environment).await;
    assert_eq!(code, 1, "{said}");
    for word in
        ["default/m0", "sms to ***00", "waiting", "503", "notifications.queue.retry.", "late job", "bulk", "2 stuck"]
    {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
    assert!(!said.contains(&number(0)) && !said.contains(&number(1)), "{said}");
    let (code, said) = run(&["stuck", "--json"], &with(&fleet.environment, &[("STUCK_AFTER_SECONDS", "0.001")])).await;
    assert_eq!(code, 1, "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let found: Vec<_> = lines.iter().map(|line| (line["kind"].as_str(), line["id"].as_str())).collect();
    assert_eq!(found, [(Some("delivery"), Some("m0")), (Some("job"), Some("late job"))]);

    let impatient = with(&fleet.environment, &[("STUCK_AFTER_SECONDS", "0.001")]);
    let scheduler = Process::ready("scheduler", &impatient).await;
    e2e::fleet::until("the gauge", async || {
        scheduler.metrics().await.contains(r#"chasqui_stuck_deliveries{state="waiting"} 1"#).then_some(())
    })
    .await;
    scheduler.until_output("`chasqui stuck` lists them").await;

    // As the command advises: the same message once more under the same id.
    provider.answer(Answer::Accept);
    let _worker = Process::ready("worker", &fleet.environment).await;
    publish(&fleet, 0..1).await;
    fleet.until("m0", State::Sent).await;
    fleet.until("late job", State::Sent).await;
    let (code, said) = run(&["stuck", "--older-than", "0s"], &fleet.environment).await;
    assert_eq!(code, 0, "{said}");
    fleet.finish().await;
}

#[tokio::test]
async fn what_an_operator_removed_is_listed_and_counted_and_can_be_published_again_with_sqlite() {
    what_does_not_move_is_listed_and_counted(Database::Sqlite).await;
}

#[tokio::test]
async fn what_an_operator_removed_is_listed_and_counted_and_can_be_published_again_with_postgres() {
    what_does_not_move_is_listed_and_counted(Database::Postgres).await;
}
