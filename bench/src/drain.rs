//! The measurement of a drain: a full queue, and how fast it arrives at the provider.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::Process;

use crate::baseline::bare_loop::{self, Http};
use crate::baseline::publishing::Publishing;
use crate::bench::Bench;
use crate::cpu::{Cpu, Spent};
use crate::deployment::{BARE, Deployment, EXCHANGE, LANE, LANE_KEY, end};
use crate::message::Kind;
use crate::sink::{Arrivals, Sink};

/// More connections than any measured worker has deliveries in hand.
const MOST_CONNECTIONS: usize = 1_024;

/// Fills the normal lane, starts a worker, and gives the rate from the first arrival to the last.
pub(crate) async fn by_worker(
    bench: &Bench<'_>,
    deployment: &Deployment,
    sink: &Sink,
    (kind, count): (Kind, u64),
    settings: &[(&str, &str)],
) -> Result<f64> {
    by_watched_worker(bench, deployment, sink, (kind, count), settings, async |_, _| Ok(())).await
}

/// Measures as [`by_worker`] does, with somebody who watches the worker until all have arrived.
pub(crate) async fn by_watched_worker(
    bench: &Bench<'_>,
    deployment: &Deployment,
    sink: &Sink,
    (kind, count): (Kind, u64),
    settings: &[(&str, &str)],
    watch: impl AsyncFnOnce(&Process, &Arrivals) -> Result<()>,
) -> Result<f64> {
    let numbers = bench.numbers(count);
    let arrivals: Arc<Arrivals> = sink.expect(numbers.clone());
    fill(deployment, kind, numbers).await?;
    let opened = sink.opened();
    let worker = deployment.start("worker", settings).await;
    let arrived = async { watch(&worker, &arrivals).await.and(arrivals.complete().await) };
    arrived.await.with_context(|| format!("the worker said:\n{}", worker.output()))?;
    end(worker).await.context("the worker")?;
    let opened = sink.opened() - opened;
    ensure!(opened <= MOST_CONNECTIONS, "the worker opened {opened} connections: it does not keep them");
    deployment.purge(LANE).await?;
    Ok(arrivals.per_second())
}

/// Fills the normal lane.
pub(crate) async fn fill(deployment: &Deployment, kind: Kind, numbers: Range<u64>) -> Result<()> {
    let load = Publishing { exchange: EXCHANGE, key: LANE_KEY, body: Box::new(move |number| kind.body(number)) };
    load.run(deployment.connection(), numbers).await.context("filling the lane")?;
    Ok(())
}

/// Measures the same with the bare loop, on a queue of its own.
pub(crate) async fn by_bare_loop(
    bench: &Bench<'_>,
    deployment: &Deployment,
    http: Http,
    count: u64,
    spent: &mut Spent,
) -> Result<f64> {
    let numbers = bench.numbers(count);
    let arrivals = bench.sms.expect(numbers.clone());
    let body = Box::new(|number| Kind::Sms.body(number));
    let load = Publishing { exchange: "", key: BARE, body };
    load.run(deployment.connection(), numbers).await.context("filling the baseline's queue")?;
    let before = Cpu::look(None)?;
    bare_loop::drain(&deployment.amqp_url, bench.sms.address, http, count).await.context("the bare loop")?;
    arrivals.complete().await?;
    spent.add(before, Cpu::look(None)?, count);
    deployment.purge(BARE).await?;
    Ok(arrivals.per_second())
}
