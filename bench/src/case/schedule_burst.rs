//! 100,000 jobs that are due at the same time, against raw confirmed publishing of as many messages.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::baseline::publishing::Publishing;
use crate::bench::Bench;
use crate::deployment::{BARE, Deployment, EXCHANGE, LANE, Ledger, SCHEDULED_KEY, end};
use crate::message::Kind;
use crate::report::CaseReport;
use crate::sql;
use crate::waiting::until;

const JOBS: u64 = 100_000;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOK_AT_SQL_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let jobs = bench.options.size.or_few(JOBS);
    store(bench, &deployment, jobs).await?;
    let measured = bench
        .alternate(0.5, async || fire(&deployment, jobs).await, async || publish(bench, &deployment, jobs).await)
        .await?;
    Ok(measured.given("jobs", jobs as f64))
}

/// Has the scheduler itself store the jobs, once; then a copy of the table serves every alternation.
async fn store(bench: &Bench<'_>, deployment: &Deployment, jobs: u64) -> Result<()> {
    let scheduler = deployment.start("scheduler", &[]).await;
    let load = Publishing { exchange: EXCHANGE, key: SCHEDULED_KEY, body: Box::new(|number| Kind::Job.body(number)) };
    load.run(deployment.connection(), bench.numbers(jobs)).await?;
    until(jobs, LOOK_AT_SQL_EVERY, async || sql::count(&deployment.database_url, "jobs").await)
        .await
        .with_context(|| format!("the scheduler does not store the jobs:\n{}", scheduler.output()))?;
    end(scheduler).await?;
    let copy = "CREATE TABLE bench_jobs AS TABLE jobs";
    sql::run(&deployment.database_url, &[copy.to_owned()]).await
}

/// Measures the jobs that are fired in a second, from the first batch in the lane to the last.
async fn fire(deployment: &Deployment, jobs: u64) -> Result<f64> {
    let statements = [
        "TRUNCATE jobs",
        "UPDATE bench_jobs SET due_at = (extract(epoch FROM now()) * 1000000)::bigint",
        "INSERT INTO jobs SELECT * FROM bench_jobs",
        "VACUUM (ANALYZE) jobs, bench_jobs",
        "CHECKPOINT",
    ];
    sql::run(&deployment.database_url, &statements.map(str::to_owned)).await?;
    let scheduler = deployment.start("scheduler", &[]).await;
    let mut first = None;
    until(jobs, LOOK_EVERY, async || {
        let depth = deployment.depth(LANE).await?;
        if depth > 0 && first.is_none() {
            first = Some((depth, Instant::now()));
        }
        Ok(depth)
    })
    .await
    .with_context(|| format!("the scheduler does not fire the jobs:\n{}", scheduler.output()))?;
    let (before, since) = first.context("no job was fired")?;
    let took = since.elapsed();
    end(scheduler).await?;
    ensure!(sql::count(&deployment.database_url, "jobs").await? == 0, "jobs that were fired are left");
    deployment.purge(LANE).await?;
    // Few jobs may be one batch, which is there at once.
    Ok((jobs - before).max(1) as f64 / took.as_secs_f64())
}

async fn publish(bench: &Bench<'_>, deployment: &Deployment, jobs: u64) -> Result<f64> {
    let raw = Publishing { exchange: "", key: BARE, body: Box::new(|number| Kind::Job.body(number)) };
    let published = raw.run(deployment.connection(), bench.numbers(jobs)).await?;
    deployment.purge(BARE).await?;
    Ok(published.per_second())
}
