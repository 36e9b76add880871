//! Only a failure while others succeed counts against one delivery; only failures of all stop the intake.

use super::*;

async fn seconds(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn one_failure_says_nothing_about_the_ledger() {
    assert_eq!(Failures::default().again(7), Fails::Once);
}

#[tokio::test(start_paused = true)]
async fn two_failures_without_a_success_between_them_are_everybodys() {
    let mut failures = Failures::default();
    failures.again(7);
    seconds(1).await;
    assert_eq!(failures.again(7), Fails::WithAll);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_count_against_a_delivery_that_failed_just_before_others_succeeded() {
    let mut failures = Failures::default();
    failures.again(0);
    seconds(1).await;
    assert_eq!(failures.again(1), Fails::Alone(Duration::from_secs(1)));
    for _ in 0..600 {
        seconds(1).await;
        assert_eq!(failures.again(1), Fails::WithAll, "ten minutes of outage");
    }
    seconds(1).await;
    assert_eq!(failures.again(2), Fails::Alone(Duration::from_secs(2)));
    assert_eq!(failures.lasting(), Duration::from_secs(602));
}

#[tokio::test(start_paused = true)]
async fn failing_among_successes_adds_up_to_the_limit() {
    let mut failures = Failures::default();
    failures.again(0);
    for n in 1..=60 {
        seconds(1).await;
        assert_eq!(failures.again(n), Fails::Alone(Duration::from_secs(n)));
    }
}

#[test]
fn the_breaker_closes_at_any_answer() {
    let limit = RetryLimit::WhileDown { trouble_limit: Duration::ZERO, stop_limit: Duration::ZERO };
    let breaker = LedgerBreaker::new(limit, CancellationToken::new());
    assert!(!breaker.is_down());
    breaker.failed();
    assert!(breaker.is_down());
    breaker.answered();
    assert!(!breaker.is_down());
}

/// A breaker that repeats a step until the stop; `stopping` says whether the stop has come already.
fn until_stop(stopping: bool) -> LedgerBreaker {
    let token = CancellationToken::new();
    if stopping {
        token.cancel();
    }
    LedgerBreaker::new(RetryLimit::UntilStop { failed: |_| {}, panicked: || {} }, token)
}

#[tokio::test(start_paused = true)]
async fn a_role_that_waits_until_its_stop_repeats_what_is_away_and_nothing_else() {
    let breaker = until_stop(false);
    let tries = AtomicU64::new(0);
    let tenth = async || match tries.fetch_add(1, Ordering::Relaxed) {
        9 => Ok(7),
        _ => Err(StoreError::Unavailable("away".into())),
    };
    assert_eq!(breaker.retry_until_taken(tenth).await, Ok(7));
    assert!(!breaker.is_down());
    for refused in [StoreError::Refused("no".into()), StoreError::Unreadable("what".into())] {
        let taken = breaker.retry_until_taken(async || Err::<(), _>(refused.clone())).await;
        assert_eq!(taken, Err(StepError::Refused(refused)));
    }
    let panicking = breaker.retry_until_taken(async || -> Result<(), StoreError> { panic!("a step") }).await;
    assert_eq!(panicking, Err(StepError::Panicked));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_waiting_for_a_ledger_that_is_away_at_once() {
    let (breaker, begun) = (until_stop(true), Instant::now());
    let away = StoreError::Unavailable("away".into());
    let taken = breaker.retry_until_taken(async || Err::<(), _>(away.clone())).await;
    assert_eq!((taken, begun.elapsed()), (Err(StepError::GivenUp(away)), Duration::ZERO));
}
