//! From the publish by AMQP to the arrival at the provider, at half of what the fleet delivers at most.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;

use crate::baseline::publishing::{Publishing, confirming};
use crate::bench::Bench;
use crate::drain;
use crate::figures::{Figure, Goal, percentile};
use crate::message::Kind;
use crate::place::{EXCHANGE, LANE, LANE_KEY, Ledger, Place, end};
use crate::report::CaseReport;
use crate::sink::Board;

/// What is published at once; tokio's clock has no finer step.
const TICK: Duration = Duration::from_millis(1);
/// This share of the messages comes first and is not counted: connections open, caches fill.
const WARM_UP: f64 = 0.2;

/// `maximum`: deliveries in a second, if a case of this run has measured it.
pub(crate) async fn run(bench: &Bench<'_>, maximum: Option<f64>) -> Result<CaseReport> {
    let place = bench.place(Ledger::Postgres).await?;
    let maximum = match maximum {
        Some(maximum) => maximum,
        None => {
            drain::by_worker(bench, &place, &bench.sms, (Kind::Sms, bench.options.size.or_few(10_000)), &[]).await?
        }
    };
    let rate = maximum / 2.0;
    let count = bench.options.size.messages(rate);
    let worker = place.start("worker", &[]).await;
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for nth in 1..=bench.options.pairs {
        let once = once(bench, &place, rate, count).await;
        let sorted = once.with_context(|| format!("the worker said:\n{}", worker.said()))?;
        let (half, most) = (percentile(&sorted, 0.5), percentile(&sorted, 0.99));
        bench.progress(nth, &format!("{rate:.0}/s: p50 {half:.2} ms, p99 {most:.2} ms"));
        p50.push(half);
        p99.push(most);
    }
    end(worker).await?;
    place.purge(LANE).await?;
    Ok(CaseReport::default()
        .with("p50", Figure::new(p50, Some(Goal::AtMost(10.0))))
        .with("p99", Figure::new(p99, Some(Goal::AtMost(60.0))))
        .given("published_per_second", rate)
        .given("messages", count as f64))
}

/// Milliseconds, sorted.
async fn once(bench: &Bench<'_>, place: &Place, rate: f64, count: u64) -> Result<Vec<f64>> {
    let numbers = bench.numbers(count);
    let board = bench.sms.expect(numbers.clone());
    let due = publish_steadily(place, rate, numbers.clone()).await?;
    board.complete().await?;
    latencies(&board, numbers, &due)
}

/// When each message was due to be published: a publisher that is late counts against the fleet.
async fn publish_steadily(place: &Place, rate: f64, numbers: Range<u64>) -> Result<Vec<Instant>> {
    let what = Publishing { exchange: EXCHANGE, key: LANE_KEY, body: Box::new(|number| Kind::Sms.body(number)) };
    let channel = confirming(place.connection()).await?;
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

fn latencies(board: &Board, numbers: Range<u64>, due: &[Instant]) -> Result<Vec<f64>> {
    let warm = (due.len() as f64 * WARM_UP) as usize;
    let mut sorted = Vec::with_capacity(due.len());
    for (number, due) in numbers.zip(due).skip(warm) {
        let arrived = board.time(number).context("somebody did not arrive")?;
        sorted.push(arrived.duration_since(*due).as_secs_f64() * 1_000.0);
    }
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}
