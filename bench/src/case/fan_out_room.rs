//! An event of an application to a room of 1,000 sockets: from its publish by AMQP until the last of them has it. Beside it
//! stands what a bare emit to as many sockets takes.

use std::ops::Range;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::baseline::bare_sockets::BareSockets;
use crate::baseline::publishing::{Publishing, confirming};
use crate::bench::Bench;
use crate::deployment::Ledger;
use crate::figures::{Figure, Goal, percentile};
use crate::gateway::Gateway;
use crate::open_files;
use crate::options::Size;
use crate::report::CaseReport;
use crate::sink::{Arrivals, number_after};
use crate::sockets::{Read, Sockets};

const SOCKETS: u64 = 1_000;
const GOAL_MS: f64 = 150.0;
const EXCHANGE: &str = "notifications.realtime";
/// By the rules that are shipped it goes to everybody with this role.
const EVENT: &str = "cliente.nuevo";
const ROLE: &str = "SUPPORT";
/// The number of the client in the first place; the others follow.
const READ: Read = |place, packet| Some(number_after(packet, b"\"number\":\"")? + place);

/// The milliseconds of each turn.
#[derive(Default)]
struct Measured {
    last: Vec<f64>,
    slowest: Vec<f64>,
    bare_last: Vec<f64>,
    ratios: Vec<f64>,
}

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let sockets = bench.options.size.or_few(SOCKETS);
    let events = events(bench.options.size);
    // This process has one end of the gateway's sockets, and both ends of the bare server's.
    open_files::allow(3 * sockets)?;
    let gateway = Gateway::start(&deployment, sockets).await?;
    let heard = gateway.connect(bench.numbers(sockets), Some(ROLE), READ).await?;
    let bare = BareSockets::start().await?;
    let says = (0..sockets).map(|_| String::new()).collect();
    let heard_bare = Sockets::connect(bare.server(), says, READ).await.context("the bare server")?;
    let publishing = Publishing { exchange: EXCHANGE, key: EVENT, body: Box::new(|number| body(number).to_string()) };
    let channel = confirming(deployment.connection()).await?;
    let publish = async |number: u64| publishing.round(&channel, number..number + 1).await;
    let emit = async |number: u64| bare.tell(EVENT, &body(number)).await;
    let mut measured = Measured::default();
    for pair in 1..=bench.options.pairs {
        let fleet = lasts(bench, &heard, (sockets, events), publish).await.with_context(|| gateway.said())?;
        let baseline = lasts(bench, &heard_bare, (sockets, events), emit).await.context("the bare server")?;
        bench.progress(pair, &measured.add(&fleet, &baseline));
    }
    channel.close(200, "done".into()).await?;
    drop(heard);
    gateway.end().await?;
    Ok(measured.report().given("sockets", sockets as f64).given("events_a_turn", events as f64))
}

/// How many events a turn has.
fn events(size: Size) -> u64 {
    match size {
        Size::Seconds(_) => 20,
        Size::Messages(_) => 3,
    }
}

fn body(number: u64) -> Value {
    json!({ "number": format!("{number:08}") })
}

/// Tells one event after the other, and returns the milliseconds until the last client has each, sorted.
async fn lasts(
    bench: &Bench<'_>,
    heard: &Sockets,
    (sockets, events): (u64, u64),
    mut tell: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<Vec<f64>> {
    let mut sorted = Vec::new();
    for _ in 0..events {
        let numbers = bench.numbers(sockets);
        let arrivals = heard.expect(numbers.clone());
        let begun = Instant::now();
        tell(numbers.start).await?;
        arrivals.complete().await?;
        let last = last(&arrivals, numbers).context("nobody has heard it")?;
        sorted.push(last.duration_since(begun).as_secs_f64() * 1_000.0);
    }
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

fn last(arrivals: &Arrivals, numbers: Range<u64>) -> Option<Instant> {
    numbers.filter_map(|number| arrivals.time(number)).max()
}

impl Measured {
    /// Adds a turn, and says what was found.
    fn add(&mut self, fleet: &[f64], baseline: &[f64]) -> String {
        let (last, slowest, bare) = (percentile(fleet, 0.5), percentile(fleet, 1.0), percentile(baseline, 0.5));
        self.last.push(last);
        self.slowest.push(slowest);
        self.bare_last.push(bare);
        self.ratios.push(last / bare);
        format!("the last after {last:.1} ms, at the slowest {slowest:.1} ms, a bare emit {bare:.1} ms")
    }

    fn report(self) -> CaseReport {
        CaseReport::default()
            .with("last_ms", Figure::new(self.last, Some(Goal::AtMost(GOAL_MS))))
            .with("slowest_ms", Figure::new(self.slowest, None))
            .with("bare_last_ms", Figure::new(self.bare_last, None))
            .with("last_ratio", Figure::new(self.ratios, None))
    }
}
