//! The retry ladder, throttling and fallback.

use std::time::Duration;

use domain::{AttemptOutcome, State};
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

fn refuse(status: u16, code: u32) -> Answer {
    Answer::Refuse { status, code, retry_after: None }
}

async fn four_attempts_and_then_the_dead_letter_queue(database: Database) {
    let provider = Provider::start().await;
    provider.answer(refuse(503, 0));
    let fleet = TestFleet::start(database, &provider.settings()).await;
    fleet.notify("hopeless", &sms("+12025550143")).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "exhausted");
    assert_eq!(letter.headers["notify-dead-attempts"], json!(4));
    assert_eq!(letter.message_id.as_deref(), Some("hopeless"));
    assert!(!letter.headers.contains_key("notify-attempt"), "a move back starts from nothing");
    let view = fleet.until("hopeless", State::Dead).await;
    assert_eq!(view.attempts.iter().map(|attempt| attempt.n).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(provider.received().len(), 4);
    fleet.finish().await;
}

#[tokio::test]
async fn a_provider_that_always_fails_gets_four_attempts_with_sqlite() {
    four_attempts_and_then_the_dead_letter_queue(Database::Sqlite).await;
}

#[tokio::test]
async fn a_provider_that_always_fails_gets_four_attempts_with_postgres() {
    four_attempts_and_then_the_dead_letter_queue(Database::Postgres).await;
}

#[tokio::test]
async fn a_provider_that_recovers_gets_the_next_attempt() {
    let provider = Provider::start().await;
    provider.answer(refuse(500, 0));
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("patient", &sms("+12025550143")).await;
    e2e::fleet::until("a first attempt", async || (!provider.received().is_empty()).then_some(())).await;
    provider.answer(Answer::Accept);
    let view = fleet.until("patient", State::Sent).await;
    assert_eq!(view.attempts.last().map(|attempt| attempt.outcome), Some(AttemptOutcome::Sent));
    assert_eq!(provider.received().len(), view.attempts.len());
    fleet.finish().await;
}

#[tokio::test]
async fn a_permanent_failure_is_not_retried() {
    let provider = Provider::start().await;
    provider.answer(refuse(400, 21211));
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("wrong", &sms("+12025550143")).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "permanent");
    assert_eq!(provider.received().len(), 1);
    assert_eq!(fleet.until("wrong", State::Dead).await.row.code.as_deref(), Some("21211"));
    fleet.finish().await;
}

#[tokio::test]
async fn throttling_spends_time_and_no_attempt() {
    let provider = Provider::start().await;
    provider.answer(Answer::Refuse { status: 429, code: 20429, retry_after: Some("0".into()) });
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("throttled", &sms("+12025550143")).await;
    // More often than the budget has attempts.
    e2e::fleet::until("six throttled tries", async || (provider.received().len() >= 6).then_some(())).await;
    provider.answer(Answer::Accept);
    let view = fleet.until("throttled", State::Sent).await;
    assert_eq!(view.row.attempt, 1, "the one that succeeded");
    fleet.finish().await;
}

#[tokio::test]
async fn a_longer_retry_after_than_the_last_tier_goes_by_the_scheduler_whatever_the_status() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    for (nth, (status, code)) in [(429, 20429), (503, 20503), (500, 20001)].into_iter().enumerate() {
        let (id, to) = (format!("later-{status}"), format!("+1202555014{nth}"));
        provider.answer(Answer::Refuse { status, code, retry_after: Some("2".into()) });
        fleet.notify(&id, &sms(&to)).await;
        let key = testkit::key(&id);
        let job = e2e::fleet::until("a job", async || fleet.running().store.job(&key).await.expect("read")).await;
        provider.answer(Answer::Accept);
        let view = fleet.until(&id, State::Sent).await;
        assert!(view.row.updated_at >= job.due_at, "never earlier than the provider asked for");
        assert_eq!((provider.count(&to), view.row.attempt), (2, 1), "{status}: no attempt was spent on the refusal");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_permanent_failure_falls_back_to_the_next_channel() {
    let provider = Provider::start().await;
    provider.answer_for("+12025550143", refuse(400, 21211));
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let body = json!({
        "channel": "sms", "destination": "+12025550143", "message": "Hola",
        "fallback": [{"channel": "whatsapp", "destination": "+12025550144"}],
    });
    fleet.notify("parent", &body).await;
    let parent = fleet.until("parent", State::FellBack).await;
    let child = domain::child_id(&parent.row.key, 1);
    let view = fleet.until(&child, State::Sent).await;
    assert_eq!(view.row.parent.as_deref(), Some("parent"));
    assert_eq!(provider.count("whatsapp:+12025550144"), 1);
    // A redelivered parent publishes the child again, and the child is known.
    fleet.notify("parent", &body).await;
    fleet.notify("after", &sms("+12025550145")).await;
    fleet.until("after", State::Sent).await;
    assert_eq!(provider.count("whatsapp:+12025550144"), 1);
    fleet.finish().await;
}

/// In the settings, and in the arguments of the queues that keep a message for so long. Fault injection measures it.
#[test]
fn by_default_three_retries_wait_5_30_and_120_seconds() {
    let sources = chasqui::config::REFERENCE.with([("SANDBOX", "all")]);
    let config = chasqui::config::Config::read(sources, chasqui::config::Role::Up).expect("the defaults are right");
    assert_eq!(config.retry_delays, [5, 30, 120].map(Duration::from_secs));
    assert_eq!(config.worker.max_retries, 3);
    let plan = topology::Plan::new(&config.topology.names, config.topology.queue_type, config.retry_delays).to_string();
    for ttl in ["5000", "30000", "120000"] {
        assert!(plan.contains(&format!("`x-message-ttl={ttl}`")), "{plan}");
    }
}
