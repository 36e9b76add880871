//! From the publish by AMQP to the arrival at the provider: at half, a quarter and a tenth of what the fleet delivers at
//! most, and at ordinary loads.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;

use crate::baseline::publishing::{Publishing, confirming};
use crate::bench::Bench;
use crate::deployment::{Deployment, EXCHANGE, LANE, LANE_KEY, Ledger, end};
use crate::drain;
use crate::figures::{Figure, Goal, percentile};
use crate::message::Kind;
use crate::report::CaseReport;
use crate::sink::Arrivals;

/// The time in which messages are published at once; tokio's clock has no finer step.
const TICK: Duration = Duration::from_millis(1);
/// The share of the messages that comes first and is not counted: connections open, caches fill.
const WARM_UP: f64 = 0.2;

/// Measures at shares of `maximum`, the deliveries in a second, which is measured first unless a case of this run has
/// done so.
pub(crate) async fn run(bench: &Bench<'_>, maximum: Option<f64>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let maximum = match maximum {
        Some(maximum) => maximum,
        None => {
            drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, bench.options.size.or_few(10_000)), &[])
                .await?
        }
    };
    let size = |rate| bench.options.size.messages(rate);
    let loads = [10.0, 4.0, 2.0].map(|part| Latencies::at(maximum / part, size(maximum / part)));
    let [tenth, quarter, half] = in_turns(bench, &deployment, loads).await?;
    Ok(CaseReport::default()
        .given("published_per_second", half.rate)
        .with("p50", Figure::new(half.p50, Some(Goal::AtMost(10.0))))
        .with("p99", Figure::new(half.p99, Some(Goal::AtMost(60.0))))
        .with("p50_at_a_quarter", Figure::new(quarter.p50, None))
        .with("p99_at_a_quarter", Figure::new(quarter.p99, None))
        .with("p50_at_a_tenth", Figure::new(tenth.p50, None))
        .with("p99_at_a_tenth", Figure::new(tenth.p99, None)))
}

/// Measures at loads as most installations have them.
pub(crate) async fn run_ordinary(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let loads = [100.0, 1_000.0].map(|rate| Latencies::at(rate, bench.options.size.steadily(rate)));
    let [hundred, thousand] = in_turns(bench, &deployment, loads).await?;
    Ok(CaseReport::default()
        .with("p50_at_100", Figure::new(hundred.p50, Some(Goal::AtMost(5.0))))
        .with("p99_at_100", Figure::new(hundred.p99, Some(Goal::AtMost(25.0))))
        .with("p50_at_1000", Figure::new(thousand.p50, Some(Goal::AtMost(5.0))))
        .with("p99_at_1000", Figure::new(thousand.p99, Some(Goal::AtMost(25.0)))))
}

/// Measures every load once in each alternation, with one worker.
async fn in_turns<const N: usize>(
    bench: &Bench<'_>,
    deployment: &Deployment,
    mut loads: [Latencies; N],
) -> Result<[Latencies; N]> {
    let worker = deployment.start("worker", &[]).await;
    for nth in 1..=bench.options.pairs {
        for load in &mut loads {
            let once = load.measure(bench, deployment).await;
            let said = once.with_context(|| format!("the worker said:\n{}", worker.output()))?;
            bench.progress(nth, &said);
        }
    }
    end(worker).await?;
    deployment.purge(LANE).await?;
    Ok(loads)
}

/// What was measured at one rate, in milliseconds.
struct Latencies {
    /// How many messages are published in a second.
    rate: f64,
    /// How many messages one measurement has.
    messages: u64,
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Latencies {
    fn at(rate: f64, messages: u64) -> Self {
        Self { rate, messages, p50: Vec::new(), p99: Vec::new() }
    }

    /// Measures once more, and says what was found.
    async fn measure(&mut self, bench: &Bench<'_>, deployment: &Deployment) -> Result<String> {
        let sorted = once(bench, deployment, self.rate, self.messages).await?;
        let (p50, p99) = (percentile(&sorted, 0.5), percentile(&sorted, 0.99));
        self.p50.push(p50);
        self.p99.push(p99);
        Ok(format!("{:.0}/s: p50 {p50:.2} ms, p99 {p99:.2} ms", self.rate))
    }
}

/// Measures once at a rate, and returns the latencies in milliseconds, sorted.
pub(super) async fn once(bench: &Bench<'_>, deployment: &Deployment, rate: f64, count: u64) -> Result<Vec<f64>> {
    let numbers = bench.numbers(count);
    let arrivals = bench.sms.expect(numbers.clone());
    let due = publish_steadily(deployment, rate, numbers.clone()).await?;
    arrivals.complete().await?;
    latencies(&arrivals, numbers, &due)
}

/// Publishes at a rate, and returns when each message was due to be published: a publisher that is late counts against
/// the fleet.
async fn publish_steadily(deployment: &Deployment, rate: f64, numbers: Range<u64>) -> Result<Vec<Instant>> {
    let what = Publishing { exchange: EXCHANGE, key: LANE_KEY, body: Box::new(|number| Kind::Sms.body(number)) };
    let channel = confirming(deployment.connection()).await?;
    let begun = Instant::now();
    let due: Vec<Instant> =
        (0..numbers.end - numbers.start).map(|nth| begun + Duration::from_secs_f64(nth as f64 / rate)).collect();
    let mut confirms = Vec::with_capacity(due.len());
    let mut ticks = tokio::time::interval(TICK);
    for (number, due) in numbers.zip(&due) {
        while Instant::now() < *due {
            ticks.tick().await;
        }
        confirms.push(what.one(&channel, number).await?);
    }
    let confirmed = try_join_all(confirms).await?;
    ensure!(confirmed.iter().all(lapin::Confirmation::is_ack), "the broker refused a message");
    channel.close(200, "done".into()).await?;
    Ok(due)
}

/// The milliseconds from when each message was due to when it arrived, sorted.
pub(super) fn latencies(arrivals: &Arrivals, numbers: Range<u64>, due: &[Instant]) -> Result<Vec<f64>> {
    let warm = (due.len() as f64 * WARM_UP) as usize;
    let mut sorted = Vec::with_capacity(due.len());
    for (number, due) in numbers.zip(due).skip(warm) {
        let arrived = arrivals.time(number).context("somebody did not arrive")?;
        sorted.push(arrived.duration_since(*due).as_secs_f64() * 1_000.0);
    }
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}
