//! The worker's resident memory: idle, and under full load with 1,024 messages prefetched.

use std::time::Duration;

use anyhow::Result;
use e2e::Process;

use crate::bench::Bench;
use crate::deployment::{Deployment, Ledger, end};
use crate::drain;
use crate::figures::{Figure, Goal};
use crate::memory::Memory;
use crate::message::Kind;
use crate::report::CaseReport;
use crate::sink::Arrivals;

/// The places of the worker, of which the normal lane has three quarters and prefetches twice as many: 1,024.
const CONCURRENCY: &str = "683";
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let count = bench
        .size(async |count| drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, count), &loaded()).await)
        .await?;
    let (mut idle, mut full) = (Vec::new(), Vec::new());
    for nth in 1..=bench.options.pairs {
        idle.push(of_an_idle_worker(bench, &deployment).await?);
        full.push(of_a_busy_worker(bench, &deployment, count).await?);
        let (idle, full) = (idle[nth - 1].resident, full[nth - 1].resident);
        bench.progress(nth, &format!("idle {idle:.1} MiB, full load {full:.1} MiB"));
    }
    let of = |memories: &[Memory], part: fn(&Memory) -> f64| memories.iter().map(part).collect::<Vec<_>>();
    Ok(CaseReport::default()
        .with("idle", Figure::new(of(&idle, |memory| memory.resident), Some(Goal::AtMost(30.0))))
        .with("idle_anonymous", Figure::new(of(&idle, |memory| memory.anonymous), None))
        .with("full_load", Figure::new(of(&full, |memory| memory.resident), Some(Goal::AtMost(100.0))))
        .with("full_load_anonymous", Figure::new(of(&full, |memory| memory.anonymous), None))
        .given("messages", count as f64))
}

fn loaded() -> [(&'static str, &'static str); 1] {
    [("WORKER_CONCURRENCY", CONCURRENCY)]
}

/// Measures a worker after it has done nothing for half a measurement's time.
async fn of_an_idle_worker(bench: &Bench<'_>, deployment: &Deployment) -> Result<Memory> {
    let worker = deployment.start("worker", &[]).await;
    tokio::time::sleep(Duration::from_secs_f64(bench.options.size.seconds() / 2.0)).await;
    let memory = Memory::look(&worker, "VmRSS").await?;
    end(worker).await?;
    Ok(memory)
}

/// Reads the peak of a process, from its start on.
async fn of_a_busy_worker(bench: &Bench<'_>, deployment: &Deployment, count: u64) -> Result<Memory> {
    let mut peak = Memory::default();
    drain::by_watched_worker(bench, deployment, &bench.sms, (Kind::Sms, count), &loaded(), async |worker, arrivals| {
        peak = watch(worker, arrivals).await?;
        Ok(())
    })
    .await?;
    Ok(peak)
}

async fn watch(worker: &Process, arrivals: &Arrivals) -> Result<Memory> {
    let mut peak = Memory::default();
    let complete = arrivals.complete();
    tokio::pin!(complete);
    loop {
        let arrived = tokio::time::timeout(LOOK_EVERY, &mut complete).await;
        let now = Memory::look(worker, "VmHWM").await?;
        peak = Memory { resident: peak.resident.max(now.resident), anonymous: peak.anonymous.max(now.anonymous) };
        if let Ok(arrived) = arrived {
            return arrived.map(|()| peak);
        }
    }
}
