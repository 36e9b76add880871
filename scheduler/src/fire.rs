//! Publishes what is due: claim under a lease → publish (confirmed) → finish.

use std::time::Duration;

use domain::Readiness;
use futures_util::future::join_all;
use store::{FinishedJob, Job, StoreError};
use topology::Consumers;
use uuid::Uuid;

use crate::ticker::Ticks;
use crate::{Shared, job};

/// Jobs claimed and published together.
const BATCH: u32 = 1024;
/// How long a claimed job is kept from other schedulers; a crashed one is taken over after it.
const LEASE: Duration = Duration::from_secs(30);

/// Looks at every tick until the stop. A full batch is followed by the next one at once.
pub(crate) async fn fire_when_due(shared: &Shared, ticks: Ticks, readiness: &Readiness, consumers: &Consumers) {
    let owner = Uuid::now_v7();
    while !shared.stop.is_cancelled() {
        let fired = if shared.publisher.is_ready() { fire_due(shared, owner).await } else { Ok(0) };
        readiness.set(missing(shared, consumers, fired.as_ref().err()));
        match fired {
            Ok(fired) if fired == BATCH as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for due jobs"),
        }
        tokio::select! {
            () = shared.stop.cancelled() => {}
            () = ticks.next() => {}
        }
    }
}

fn missing(shared: &Shared, consumers: &Consumers, ledger: Option<&StoreError>) -> Vec<String> {
    let mut missing = Vec::new();
    if !shared.publisher.is_ready() {
        missing.push("the publisher is not connected, or the broker blocks it".into());
    }
    if !consumers.is_ready() {
        missing.push("the scheduled queue is not consumed".into());
    }
    if ledger.is_some() {
        missing.push("the ledger does not answer".into());
    }
    missing
}

/// Returns how many were claimed. What was not confirmed is released and tried again at the next tick;
/// a copy that did go out has the same id, and the ledger knows it.
async fn fire_due(shared: &Shared, owner: Uuid) -> Result<usize, StoreError> {
    let now = shared.clock.now();
    let jobs = shared.store.claim_due_jobs(now, BATCH, LEASE, owner).await?;
    if jobs.is_empty() {
        return Ok(0);
    }
    let published = join_all(jobs.iter().map(|job| publish(shared, job))).await;
    let (mut done, mut unconfirmed) = (Vec::new(), Vec::new());
    for (job, confirmed) in jobs.iter().zip(published) {
        if confirmed {
            done.push(FinishedJob { key: job.key.clone(), owner, next: job::next_fire(job, now) });
        } else {
            unconfirmed.push(job.key.clone());
        }
    }
    if !done.is_empty() {
        shared.store.finish_jobs(&done).await?;
    }
    if !unconfirmed.is_empty() {
        shared.store.release_jobs(&unconfirmed, owner).await?;
    }
    Ok(if unconfirmed.is_empty() { jobs.len() } else { 0 })
}

async fn publish(shared: &Shared, job: &Job) -> bool {
    let published = shared.publisher.publish(job::publication(job)).await;
    let what = if published.is_ok() { "fired" } else { "unconfirmed" };
    metrics::counter!("chasqui_jobs_total", "what" => what).increment(1);
    let late = shared.clock.now().since(job.due_at);
    metrics::histogram!("chasqui_job_lateness_seconds").record(late);
    if let Err(error) = published {
        tracing::warn!(%error, job = %job.key, "a due job was not confirmed; trying again");
        return false;
    }
    true
}
