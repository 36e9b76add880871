//! A scheduler that panics goes on: what it had in hand waits for its lease, and nothing else does.

use chasqui::clock::SystemClock;
use domain::Clock as _;
use e2e::processes::with;
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use runtime::{Panicked, catch_panic};
use sqlx::Executor as _;
use store::JobFilter;

use super::{all_sent, publish_jobs, received};

const JOBS: usize = 5;

/// Five due jobs, a worker, and a scheduler that panics at this passage of a step and has said so.
async fn panicked(step: &str) -> (TestFleet, Provider, [Process; 2]) {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place");
    let panicking = with(&fleet.environment, &[("CHASQUI_PANIC_AT", step)]);
    let (worker, scheduler) =
        tokio::join!(Process::ready("worker", &fleet.environment), Process::ready("scheduler", &panicking));
    fleet.open_store().await;
    publish_jobs(&fleet, 0..JOBS, &SystemClock.now().to_string()).await;
    scheduler.until_output("a step of the scheduler panicked").await;
    (fleet, provider, [worker, scheduler])
}

/// Stands for the time until the leases have run out. Says how many jobs are under one.
async fn run_out(fleet: &TestFleet) -> u64 {
    let run_out = "UPDATE jobs SET lease_until = 0 WHERE lease_owner IS NOT NULL";
    fleet.database().await.execute(run_out).await.expect("run out").rows_affected()
}

#[tokio::test]
async fn a_panic_is_an_outcome() {
    let panicking = async {
        tokio::task::yield_now().await;
        panic!("between two steps")
    };
    assert_eq!(catch_panic::<()>(panicking).await, Err(Panicked));
    assert_eq!(catch_panic(async { 7 }).await, Ok(7));
}

#[tokio::test]
async fn a_job_that_makes_a_scheduler_panic_keeps_its_lease_and_the_others_fire() {
    let (fleet, provider, [_worker, scheduler]) = panicked("scheduler.firing:3").await;
    received(&provider, JOBS - 1).await;
    e2e::fleet::until("one job left", async || {
        let jobs = fleet.store().jobs(JobFilter::default()).await.expect("read").jobs;
        (jobs.len() == 1).then_some(())
    })
    .await;
    assert_eq!(run_out(&fleet).await, 1, "under its lease");
    all_sent(&fleet, &provider, 0..JOBS).await;
    assert_eq!(provider.requests(), JOBS, "none twice");
    let metrics = scheduler.metrics().await;
    assert!(metrics.contains("chasqui_scheduler_panics_total{step=\"fire_one\"} 1"), "{metrics}");
    fleet.finish().await;
}

#[tokio::test]
async fn a_scheduler_that_panics_between_two_jobs_goes_on() {
    let (fleet, provider, [_worker, scheduler]) = panicked("scheduler.claimed:1").await;
    assert!(run_out(&fleet).await > 0, "under their lease");
    all_sent(&fleet, &provider, 0..JOBS).await;
    scheduler.until_ready().await;
    fleet.finish().await;
}
