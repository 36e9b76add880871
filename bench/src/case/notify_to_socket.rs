//! From `POST /notify` on the channel of the inbox to the event at a client of Socket.IO, at 200 a second with 1,000 clients.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::Process;

use crate::bench::Bench;
use crate::calling::{self, Endpoint};
use crate::case::latency::latencies;
use crate::deployment::{LANE, Ledger, end};
use crate::figures::{Figure, Goal, percentile};
use crate::gateway::Gateway;
use crate::message;
use crate::report::CaseReport;
use crate::sink::number_after;
use crate::sockets::Sockets;
use crate::waiting::until;

const SOCKETS: u64 = 1_000;
/// How many are notified in a second.
const RATE: f64 = 200.0;
const GOAL_MS: f64 = 60.0;
const SETTINGS: [(&str, &str); 2] = [("INBOX", "true"), ("NOTIFY_OPEN", "true")];
const NOTIFY: Endpoint = Endpoint { path: "/notify", headers: &[], answered: "HTTP/1.1 202" };
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    deployment.command(&["migrate"]).await?;
    let sockets = bench.options.size.or_few(SOCKETS);
    let people = bench.numbers(sockets);
    let gateway = Gateway::start(&deployment, sockets).await?;
    let heard = gateway.connect(people.clone(), None, |_, packet| number_after(packet, b"\"title\":\"")).await?;
    let (api, worker) = (deployment.start("api", &SETTINGS).await, deployment.start("worker", &SETTINGS).await);
    let (mut p50s, mut p99s) = (Vec::new(), Vec::new());
    for pair in 1..=bench.options.pairs {
        let sorted = once(bench, &api, &heard, |number| people.start + number % sockets).await;
        let sorted = sorted.with_context(|| {
            format!("{}\nthe API said:\n{}\nthe worker said:\n{}", gateway.said(), api.output(), worker.output())
        })?;
        let (p50, p99) = (percentile(&sorted, 0.5), percentile(&sorted, 0.99));
        bench.progress(pair, &format!("{RATE:.0}/s to {sockets} sockets: p50 {p50:.1} ms, p99 {p99:.1} ms"));
        p50s.push(p50);
        p99s.push(p99);
    }
    drop(heard);
    until(0, LOOK_EVERY, async || deployment.depth(LANE).await).await?;
    gateway.end().await?;
    for role in [api, worker] {
        end(role).await?;
    }
    Ok(CaseReport::default()
        .given("sockets", sockets as f64)
        .given("notified_per_second", RATE)
        .with("p50_ms", Figure::new(p50s, None))
        .with("p99_ms", Figure::new(p99s, Some(Goal::AtMost(GOAL_MS)))))
}

/// Notifies one after the other, at the rate, and returns the milliseconds until each has the event, sorted.
async fn once(bench: &Bench<'_>, api: &Process, heard: &Sockets, user_of: impl Fn(u64) -> u64) -> Result<Vec<f64>> {
    let numbers = bench.numbers(bench.options.size.steadily(RATE));
    let arrivals = heard.expect(numbers.clone());
    let bodies = numbers.clone().map(|number| message::inapp(number, user_of(number))).collect();
    let due = calling::call(api, NOTIFY, bodies, Some(RATE)).await?;
    arrivals.complete().await?;
    latencies(&arrivals, numbers, &due)
}
