//! Workers and schedulers that are asked to end, and one that is killed.

use std::time::Duration;

use domain::{AttemptOutcome, State};
use e2e::processes::{run, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use sqlx::{Executor as _, Row as _};

use super::{all_sent, number, publish, received, sms};

#[tokio::test]
async fn sigterm_under_load_ends_well_and_a_second_worker_sends_the_rest_once() {
    let provider = Provider::start().await;
    provider.answer(Answer::Slow(Duration::from_millis(300)));
    let settings = [provider.settings(), vec![("WORKER_CONCURRENCY", "8")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    let mut first = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    publish(&fleet, 0..60).await;
    received(&provider, 1).await;
    assert_eq!(first.end(Signal::Term).await, 0, "{}", first.output());
    let sent_before = provider.received().len();
    assert!(sent_before < 60, "the signal came in the middle");
    let second = Process::ready("worker", &fleet.environment).await;
    all_sent(&fleet, &provider, 0..60).await;
    assert_eq!(provider.received().len(), 60, "none twice");
    let rest = 60 - sent_before;
    let counters = [
        format!(r#"chasqui_deliveries_total{{channel="sms",state="sent"}} {rest}"#),
        format!(r#"chasqui_send_seconds_count{{channel="sms",provider="twilio"}} {rest}"#),
    ];
    e2e::fleet::until("what the second worker counts", async || {
        let metrics = second.metrics().await;
        counters.iter().all(|counter| metrics.contains(counter.as_str())).then_some(())
    })
    .await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_second_sigterm_does_not_wait_for_a_provider_that_hangs() {
    let provider = Provider::start().await;
    provider.answer(Answer::Hang);
    let fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    let mut worker = Process::ready("worker", &fleet.environment).await;
    publish(&fleet, 0..1).await;
    received(&provider, 1).await;
    worker.signal(Signal::Term).await;
    worker.until_output("once more to stop at once").await;
    assert_eq!(worker.end(Signal::Term).await, 130, "{}", worker.output());
    assert!(!worker.output().contains("drained"), "{}", worker.output());
    fleet.remove().await;
}

#[tokio::test]
async fn what_a_killed_worker_was_sending_is_held_after_its_lease_and_nothing_else_is_touched() {
    // A provider for each worker: so it shows which of the two had the delivery in hand.
    let providers = [Provider::start().await, Provider::start().await];
    let hanging = number(9999);
    let settings = [("PROVIDER_TIMEOUT_SECONDS", "2"), ("WORKER_LEASE_SECONDS", "13"), ("AMBIGUITY", "sms=hold")];
    let settings = [providers[0].settings(), settings.to_vec()].concat();
    let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
    let mut workers = Vec::new();
    for provider in &providers {
        provider.answer_for(&hanging, Answer::Hang);
        let environment = with(&fleet.environment, &[("TWILIO_BASE_URL", &provider.base_url)]);
        workers.push(Process::ready("worker", &environment).await);
    }
    fleet.open_store().await;
    let sent = |n: usize| providers.iter().map(|provider| provider.count(&number(n))).sum::<usize>();
    publish(&fleet, 0..20).await;
    for n in 0..20 {
        fleet.until(&format!("m{n}"), State::Sent).await;
    }
    fleet.notify("hanging", &sms(&hanging)).await;
    let at =
        e2e::fleet::until("the request that hangs", async || providers.iter().position(|p| p.count(&hanging) == 1));
    assert_eq!(workers[at.await].end(Signal::Kill).await, 128 + 9);
    publish(&fleet, 20..40).await;
    for n in 0..40 {
        fleet.until(&format!("m{n}"), State::Sent).await;
        assert_eq!(sent(n), 1, "m{n}");
    }
    let view = fleet.until("hanging", State::Held).await;
    assert_eq!(view.attempts[0].outcome, AttemptOutcome::Ambiguous);
    assert_eq!((view.attempts.len(), sent(9999)), (1, 1), "not sent again");
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.reason.as_str(), letter.message_id.as_deref()), ("ambiguous", Some("hanging")));
    fleet.finish().await;
}

/// Deliveries that ended long ago: more than a scheduler forgets within the time that it has for a stop.
const OLD: i64 = 60_000;

async fn rows(postgres: &mut sqlx::PgConnection) -> i64 {
    postgres.fetch_one("SELECT COUNT(*) FROM deliveries").await.expect("counted").get(0)
}

#[tokio::test]
async fn a_scheduler_that_forgets_much_stops_in_the_middle_of_it() {
    let fleet = TestFleet::prepare(Database::Postgres, &[("RETENTION_DAYS", "1")]).await.expect("a place");
    assert_eq!(run(&["migrate"], &fleet.environment).await.0, 0);
    let mut postgres = fleet.database().await;
    let old = format!(
        "INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, lease_until, order_kind, \
         ambiguous, created_at, updated_at, recipient_hash, recipient_mask) \
         SELECT 'default', n::text, 'sms', 'sent', 0, 1, 0, 2, '', 0, 'nothing', FALSE, n, n, '', '***' \
         FROM generate_series(1, {OLD}) AS n"
    );
    postgres.execute(sqlx::AssertSqlSafe(old)).await.expect("inserted");
    let mut scheduler = Process::ready("scheduler", &fleet.environment).await;
    while rows(&mut postgres).await == OLD {
        assert!(scheduler.runs(), "{}", scheduler.output());
    }
    assert_eq!(scheduler.end(Signal::Term).await, 0, "{}", scheduler.output());
    assert!(rows(&mut postgres).await > 0, "the signal came in the middle");
    assert!(!scheduler.output().contains("not stored in time"), "{}", scheduler.output());
    fleet.remove().await;
}
