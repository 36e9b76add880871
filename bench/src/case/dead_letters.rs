//! 100,000 dead letters: how long it takes to read and to plan them, how fast a job replays them against raw confirmed
//! publishing, and what ordinary traffic notices of it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::latency;
use crate::baseline::publishing::Publishing;
use crate::bench::Bench;
use crate::deployment::{BARE, Deployment, Ledger, end};
use crate::figures::{Figure, Goal, percentile};
use crate::message::Kind;
use crate::report::CaseReport;
use crate::sql;

const LETTERS: u64 = 100_000;
const QUEUE: &str = "notifications.queue.dlq";
/// The most letters in a second that a job may be asked for.
const RATE: f64 = 1_000.0;
/// The ordinary traffic, in a second.
const ORDINARY: f64 = 100.0;
/// How many messages the baseline publishes.
const PUBLISHED: u64 = 20_000;
/// How long the letters may take to be read for the first time.
const READ_WITHIN: Duration = Duration::from_secs(120);

/// What was measured in each turn.
#[derive(Default)]
struct Measured {
    plan_s: Vec<f64>,
    replayed: Vec<f64>,
    published: Vec<f64>,
    quiet: Vec<f64>,
    busy: Vec<f64>,
}

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let letters = bench.options.size.or_few(LETTERS);
    let load = Publishing { exchange: "", key: QUEUE, body: Box::new(|number| Kind::Sms.body(number)) };
    load.run(deployment.connection(), bench.numbers(letters)).await.context("filling the dead-letter queue")?;
    let worker = deployment.start("worker", &[]).await;
    let scheduler = deployment.start("scheduler", &[]).await;
    let read_s = read(&deployment, letters).await?;
    let mut measured = Measured::default();
    for pair in 1..=bench.options.pairs {
        let said = measured.once(bench, &deployment).await;
        let said = said.with_context(|| format!("the scheduler said:\n{}", scheduler.output()))?;
        bench.progress(pair, &said);
    }
    end(scheduler).await?;
    end(worker).await?;
    deployment.purge(QUEUE).await?;
    Ok(measured.report(read_s).given("letters", letters as f64))
}

/// The seconds until all letters are in the index for the first time.
async fn read(deployment: &Deployment, letters: u64) -> Result<f64> {
    let begun = Instant::now();
    loop {
        let groups = said(deployment, &["groups"]).await;
        let read: u64 = groups.iter().filter_map(|group| group["letters"].as_u64()).sum();
        if read == letters {
            return Ok(begun.elapsed().as_secs_f64());
        }
        ensure!(begun.elapsed() < READ_WITHIN, "{read} of {letters} letters were read, and then time was over");
    }
}

impl Measured {
    /// Plans all letters, and replays as many as the ordinary traffic leaves time for.
    async fn once(&mut self, bench: &Bench<'_>, deployment: &Deployment) -> Result<String> {
        let begun = Instant::now();
        let plan = ["plan", "replay", "--all", "--canary", "0", "--rate", "1000", "--why", "measured"];
        let plan = said(deployment, &plan).await;
        let plan_s = begun.elapsed().as_secs_f64();
        let plan = plan.first().context("there is no plan")?;
        let (id, letters) = (plan["id"].as_str().context("it has no id")?, plan["letters"].to_string());
        let quiet = p99(bench, deployment).await?;
        let begun = Instant::now();
        let start = ["start", id, "--letters", &letters];
        let busy = async {
            let busy = p99(bench, deployment).await;
            said(deployment, &["cancel", id]).await;
            busy
        };
        let (job, busy) = tokio::join!(said(deployment, &start), busy);
        let (busy, took) = (busy?, begun.elapsed().as_secs_f64());
        let done = job.last().map_or(0, done);
        // Of so few letters that all were moved at once there is no rate of its own.
        let replayed = of_its_own(deployment, id).await?.unwrap_or(done as f64 / took);
        let published = publish(bench, deployment).await?;
        self.plan_s.push(plan_s);
        self.replayed.push(replayed);
        self.published.push(published);
        self.quiet.push(quiet);
        self.busy.push(busy);
        Ok(format!("planned in {plan_s:.1} s, {replayed:.0}/s replayed, p99 {quiet:.1} ms and {busy:.1} ms meanwhile"))
    }

    fn report(self, read_s: f64) -> CaseReport {
        let ratios = |one: &[f64], other: &[f64]| -> Vec<f64> { one.iter().zip(other).map(|(a, b)| a / b).collect() };
        let of_its_rate = self.replayed.iter().map(|rate| rate / RATE).collect();
        CaseReport::default()
            .with("read_s", Figure::new(vec![read_s], Some(Goal::AtMost(60.0))))
            .with("plan_s", Figure::new(self.plan_s, Some(Goal::AtMost(10.0))))
            .with("of_its_rate", Figure::new(of_its_rate, Some(Goal::AtLeast(0.5))))
            .with("ratio", Figure::new(ratios(&self.replayed, &self.published), None))
            .with("p99_ratio", Figure::new(ratios(&self.busy, &self.quiet), Some(Goal::AtMost(3.0))))
            .with("p99_meanwhile_ms", Figure::new(self.busy, None))
            .with("p99_before_ms", Figure::new(self.quiet, None))
    }
}

/// How many letters a job has done.
fn done(job: &Value) -> u64 {
    let counts = job["counts"].as_array().map(Vec::as_slice).unwrap_or_default();
    counts.iter().filter(|one| one["state"] == "done").filter_map(|one| one["letters"].as_u64()).sum()
}

/// How many letters a second a job has moved behind the first, from the end of that one to the end of the last: a pass begins
/// with a job some seconds after its start. None where all of them were done at the same time.
async fn of_its_own(deployment: &Deployment, job: &str) -> Result<Option<f64>> {
    let done = format!("FROM letter_job_items WHERE job = '{job}' AND state = 'done'");
    let question = format!(
        "SELECT COALESCE(MAX(d.at - f.first)::text || ' ' || COUNT(*) FILTER (WHERE d.at > f.first)::text, '0 0') \
         FROM (SELECT at {done}) AS d CROSS JOIN (SELECT MIN(at) AS first {done}) AS f"
    );
    let told = sql::text(&deployment.database_url, &question).await?;
    let (micros, letters) = told.split_once(' ').context("two numbers")?;
    let (micros, letters): (f64, f64) = (micros.parse()?, letters.parse()?);
    Ok((micros > 0.0).then(|| letters * 1e6 / micros))
}

/// What a command has printed, a value a line. Its exit code says no more: a job that was cancelled ends with 1.
async fn said(deployment: &Deployment, words: &[&str]) -> Vec<Value> {
    let words = [&["dead"][..], words, &["--json"]].concat();
    let (_, said) = deployment.said(&words).await;
    said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The 99th percentile of ordinary traffic, in milliseconds.
async fn p99(bench: &Bench<'_>, deployment: &Deployment) -> Result<f64> {
    let messages = bench.options.size.steadily(ORDINARY);
    Ok(percentile(&latency::once(bench, deployment, ORDINARY, messages).await?, 0.99))
}

async fn publish(bench: &Bench<'_>, deployment: &Deployment) -> Result<f64> {
    let raw = Publishing { exchange: "", key: BARE, body: Box::new(|number| Kind::Sms.body(number)) };
    let messages = bench.options.size.or_few(PUBLISHED);
    let published = raw.run(deployment.connection(), bench.numbers(messages)).await?;
    deployment.purge(BARE).await?;
    Ok(published.per_second())
}
