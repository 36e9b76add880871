//! How late a scheduled delivery arrives at the provider after its `send_at`, when a hundred a second are due.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use domain::Clock as _;
use testkit::SystemClock;

use crate::baseline::publishing::Publishing;
use crate::bench::Bench;
use crate::case::latency::latencies;
use crate::deployment::{Deployment, EXCHANGE, LANE, Ledger, SCHEDULED_KEY, end};
use crate::figures::{Figure, Goal, percentile};
use crate::message;
use crate::report::CaseReport;

/// How many messages are due in a second.
const RATE: f64 = 100.0;
/// The time between publishing and the first message that is due: everything is stored by then.
const LEAD: Duration = Duration::from_secs(3);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let (scheduler, worker) = (deployment.start("scheduler", &[]).await, deployment.start("worker", &[]).await);
    let (mut p50s, mut p99s) = (Vec::new(), Vec::new());
    for pair in 1..=bench.options.pairs {
        let once = once(bench, &deployment).await;
        let sorted = once.with_context(|| format!("the scheduler said:\n{}", scheduler.output()))?;
        let (p50, p99) = (percentile(&sorted, 0.5), percentile(&sorted, 0.99));
        bench.progress(pair, &format!("{RATE:.0}/s: p50 {p50:.2} ms, p99 {p99:.2} ms"));
        p50s.push(p50);
        p99s.push(p99);
    }
    end(scheduler).await?;
    end(worker).await?;
    deployment.purge(LANE).await?;
    Ok(CaseReport::default()
        .given("due_per_second", RATE)
        .with("p50", Figure::new(p50s, Some(Goal::AtMost(20.0))))
        .with("p99", Figure::new(p99s, Some(Goal::AtMost(100.0)))))
}

/// Measures once, and returns the milliseconds of lateness, sorted.
async fn once(bench: &Bench<'_>, deployment: &Deployment) -> Result<Vec<f64>> {
    let numbers = bench.numbers(bench.options.size.steadily(RATE));
    let arrivals = bench.sms.expect(numbers.clone());
    let due = publish(deployment, numbers.clone()).await?;
    arrivals.complete().await?;
    latencies(&arrivals, numbers, &due)
}

/// Publishes these numbers, and returns when each is due by the clock that measures.
async fn publish(deployment: &Deployment, numbers: Range<u64>) -> Result<Vec<Instant>> {
    let (begun, begun_at, first) = (Instant::now(), SystemClock.now(), numbers.start);
    let after = move |number: u64| LEAD + Duration::from_secs_f64((number - first) as f64 / RATE);
    let body = move |number| message::scheduled(number, &begun_at.plus(after(number)).to_string());
    let load = Publishing { exchange: EXCHANGE, key: SCHEDULED_KEY, body: Box::new(body) };
    load.run(deployment.connection(), numbers.clone()).await?;
    Ok(numbers.map(|number| begun + after(number)).collect())
}
