//! Answers that were lost: bounded, named in the ledger, and under the operator's policy.

use domain::{AttemptOutcome, State};
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};

fn sms() -> Value {
    json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"})
}

#[tokio::test]
async fn hold_puts_a_lost_answer_into_the_dead_letter_queue_and_does_not_send_again() {
    let provider = Provider::start().await;
    provider.answer(Answer::Vanish);
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=hold")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    fleet.notify("unsure", &sms()).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "ambiguous");
    let view = fleet.until("unsure", State::Held).await;
    assert!(view.row.ambiguous);
    assert_eq!(view.attempts[0].outcome, AttemptOutcome::Ambiguous);
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn resend_tries_again_and_the_ledger_says_so_for_ever() {
    let provider = Provider::start().await;
    provider.answer(Answer::Vanish);
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=resend")]].concat();
    let fleet = TestFleet::start(Database::Postgres, &settings).await;
    fleet.notify("again", &sms()).await;
    e2e::fleet::until("a first attempt", async || (!provider.received().is_empty()).then_some(())).await;
    provider.answer(Answer::Accept);
    let view = fleet.until("again", State::Sent).await;
    assert!(view.row.ambiguous, "a second copy is explained");
    fleet.finish().await;
}

#[tokio::test]
async fn a_provider_that_hangs_is_ambiguous_after_the_timeout() {
    let provider = Provider::start().await;
    provider.answer(Answer::Hang);
    let settings =
        [provider.settings(), vec![("PROVIDER_TIMEOUT_SECONDS", "0.5"), ("WORKER_LEASE_SECONDS", "11")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    fleet.notify("hanging", &sms()).await;
    assert_eq!(fleet.take_dead_letters(1).await[0].reason, "ambiguous");
    assert_eq!(fleet.until("hanging", State::Held).await.attempts.len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn garbage_after_201_is_sent_once() {
    let provider = Provider::start().await;
    provider.answer(Answer::Garbage);
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("garbled", &sms()).await;
    let view = fleet.until("garbled", State::Sent).await;
    assert_eq!(view.row.provider_id, None);
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}
