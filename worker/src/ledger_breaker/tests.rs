//! Only what fails while others succeed counts against one delivery; only what fails for all stops the intake.

use super::*;

async fn seconds(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn one_failure_says_nothing_about_the_ledger() {
    assert_eq!(Trouble::default().again(7), Fails::Once);
}

#[tokio::test(start_paused = true)]
async fn two_failures_without_a_success_between_them_are_everybodys() {
    let mut trouble = Trouble::default();
    trouble.again(7);
    seconds(1).await;
    assert_eq!(trouble.again(7), Fails::WithAll);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_count_against_a_delivery_that_failed_just_before_others_succeeded() {
    let mut trouble = Trouble::default();
    trouble.again(0);
    seconds(1).await;
    assert_eq!(trouble.again(1), Fails::Alone(Duration::from_secs(1)));
    for _ in 0..600 {
        seconds(1).await;
        assert_eq!(trouble.again(1), Fails::WithAll, "ten minutes of outage");
    }
    seconds(1).await;
    assert_eq!(trouble.again(2), Fails::Alone(Duration::from_secs(2)));
    assert_eq!(trouble.lasting(), Duration::from_secs(602));
}

#[tokio::test(start_paused = true)]
async fn failing_among_successes_adds_up_to_the_limit() {
    let mut trouble = Trouble::default();
    trouble.again(0);
    for n in 1..=60 {
        seconds(1).await;
        assert_eq!(trouble.again(n), Fails::Alone(Duration::from_secs(n)));
    }
}

#[test]
fn the_breaker_closes_at_any_answer() {
    let breaker = LedgerBreaker {
        down: watch::Sender::new(false),
        successes: AtomicU64::new(0),
        trouble_limit: Duration::ZERO,
        stop_limit: Duration::ZERO,
        stopping: CancellationToken::new(),
    };
    assert!(!breaker.is_down());
    breaker.failed();
    assert!(breaker.is_down());
    breaker.answered();
    assert!(!breaker.is_down());
}
