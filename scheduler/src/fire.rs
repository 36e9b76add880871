//! Publishes what is due: claim under a lease → publish (confirmed) → finish.

use std::time::{Duration, Instant};

use domain::{Notification, Reason, Timestamp};
use futures_util::future::join_all;
use runtime::{Readiness, failpoint};
use store::{FinishedJob, Job, JobKind, JobSummary, StoreError};
use topology::{Consumers, PublishError};
use uuid::Uuid;

use crate::contained::contained;
use crate::deferral::{self, Remains};
use crate::job::Unreadable;
use crate::readiness::{Pulse, keep_current};
use crate::shared::Shared;
use crate::ticker::Ticks;
use crate::{job, stored_files, wake};

/// How many jobs are claimed and published together.
const BATCH: u32 = 1024;
/// How many full batches are on their way at once: while one waits for its confirms, another is claimed, another
/// finished.
const SIDE_BY_SIDE: usize = 3;
/// How long a claimed job is reserved for its scheduler. When that scheduler has crashed, another one claims the job
/// after this.
const LEASE: Duration = Duration::from_secs(30);
/// How long a job that was not confirmed waits, so that others are published first.
const PAUSE: Duration = Duration::from_secs(5);

/// Fires what is due and reports whether this scheduler is ready, until the stop.
pub(crate) async fn fire_when_due(shared: &Shared, ticks: Ticks, readiness: &Readiness, consumers: &Consumers) {
    let pulse = Pulse::new();
    tokio::select! {
        () = fire_at_their_time(shared, &ticks, &pulse) => {}
        () = keep_current(shared, consumers, readiness, &pulse) => {}
    }
}

/// Fires what is due, then waits for the time of the next job, or for the next tick, because other processes may have
/// stored jobs. A full batch is followed by others at once.
async fn fire_at_their_time(shared: &Shared, ticks: &Ticks, pulse: &Pulse) {
    let owner = Uuid::now_v7();
    let all_full = async || {
        while !shared.intake.stopping.is_cancelled() && fire_batch(shared, owner, pulse).await == Next::AtOnce {}
    };
    while !shared.intake.stopping.is_cancelled() {
        shared.intake.store.soonest().forget();
        let looked = shared.intake.clock.now();
        let next = fire_batch(shared, owner, pulse).await;
        if next == Next::AtOnce {
            join_all((0..SIDE_BY_SIDE).map(|_| all_full())).await;
        }
        tokio::select! {
            () = shared.intake.stopping.cancelled() => {}
            () = ticks.next() => {}
            () = when_due_after(shared, looked), if next != Next::AtTheNextTick => {}
        }
    }
}

/// Waits for the next job that is due after `looked`. Jobs that were due by then are not waited for: each is published,
/// or another scheduler has claimed it, or it pauses after a failure.
async fn when_due_after(shared: &Shared, looked: Timestamp) {
    match shared.intake.store.next_due(looked).await {
        Ok(found) => wake::when_due(shared.intake.clock.as_ref(), shared.intake.store.soonest(), found).await,
        Err(error) => {
            cannot_look(shared, &error);
            std::future::pending().await
        }
    }
}

/// When to look again.
#[derive(PartialEq, Eq, Debug)]
enum Next {
    /// The batch was full.
    AtOnce,
    /// When the next job is due.
    WhenDue,
    /// At the next tick: the broker does not answer, or something went wrong, so that what is due has to wait.
    AtTheNextTick,
}

async fn fire_batch(shared: &Shared, owner: Uuid, pulse: &Pulse) -> Next {
    // The lease of a job that a panic has left claimed runs out, and the job is claimed again.
    let Some(fired) = contained("fire", fire_if_ready(shared, owner)).await else { return Next::AtTheNextTick };
    pulse.beat(fired.is_ok());
    match fired {
        Ok(Batch { answered: false, .. }) => Next::AtTheNextTick,
        Ok(batch) => {
            if let Some(lasted) = shared.looking.ended(Instant::now()) {
                tracing::info!(seconds = lasted.as_secs(), "the ledger says again which jobs are due");
            }
            if batch.claimed == BATCH as usize { Next::AtOnce } else { Next::WhenDue }
        }
        Err(error) => {
            cannot_look(shared, &error);
            Next::AtTheNextTick
        }
    }
}

fn cannot_look(shared: &Shared, error: &StoreError) {
    if let Some(untold) = shared.looking.failed(Instant::now()) {
        tracing::warn!(%error, untold, "cannot look for due jobs; looking again with the ticker");
    }
}

async fn fire_if_ready(shared: &Shared, owner: Uuid) -> Result<Batch, StoreError> {
    match shared.intake.publisher.is_ready() {
        true => fire_due(shared, owner).await,
        false => shared.intake.store.ping().await.map(|()| Batch { claimed: 0, answered: false }),
    }
}

/// What became of the jobs that were claimed together.
struct Batch {
    claimed: usize,
    /// No job was due, or the broker said of at least one job whether it accepted it.
    answered: bool,
}

/// Claims and publishes what is due. A job that was not confirmed is released, and tried again after a pause. If its
/// message did go out, the next one has the same id, which the ledger knows.
async fn fire_due(shared: &Shared, owner: Uuid) -> Result<Batch, StoreError> {
    let now = shared.intake.clock.now();
    let jobs = shared.intake.store.claim_due_jobs(now, BATCH, LEASE, owner).await?;
    if jobs.is_empty() {
        return Ok(Batch { claimed: 0, answered: true });
    }
    failpoint("scheduler.claimed");
    let fired = join_all(jobs.iter().map(|job| contained("fire_one", fire(shared, job, now)))).await;
    let answered = fired.iter().any(|fired| !matches!(fired, Some(Fired::Unanswered) | None));
    let (claimed, mut done, mut unconfirmed) = (jobs.len(), Vec::new(), Vec::new());
    for (Job { summary: JobSummary { key, .. }, .. }, fired) in jobs.into_iter().zip(fired) {
        match fired {
            Some(Fired::Confirmed { next }) => done.push(FinishedJob { key, owner, next }),
            Some(Fired::Refused | Fired::Unanswered | Fired::Unreadable) => unconfirmed.push(key),
            // The lease of the job keeps the job from delaying the others.
            None => {}
        }
    }
    if !done.is_empty() {
        failpoint("scheduler.confirmed_before_mark");
        shared.intake.store.finish_jobs(&done).await?;
    }
    if !unconfirmed.is_empty() {
        shared.intake.store.release_jobs(&unconfirmed, owner, PAUSE).await?;
    }
    Ok(Batch { claimed, answered })
}

/// What became of one due job.
enum Fired {
    /// The broker has confirmed the job. `next` is when a recurring one fires again.
    Confirmed {
        next: Option<Timestamp>,
    },
    Refused,
    Unanswered,
    /// Nothing was published, because nobody knows when the job fires again, or whose it is.
    Unreadable,
}

async fn fire(shared: &Shared, job: &Job, now: Timestamp) -> Fired {
    failpoint("scheduler.firing");
    let next = match job::next_fire(job, now, &shared.zones) {
        Ok(next) => next,
        Err(error) => return unreadable_schedule(job, &error),
    };
    let publication = match job::publication(job) {
        Ok(publication) => publication,
        Err(error) => return give_up(shared, job, error, now).await,
    };
    if let Some(next) = next
        && let Err(error) = stored_files::hold(shared, &job.key.tenant, &job.body, next).await
    {
        tracing::warn!(%error, job = %job.key, "the files of a schedule may end before it fires again");
    }
    let published = shared.intake.publisher.publish(publication).await;
    let what = if published.is_ok() { "fired" } else { "unconfirmed" };
    metrics::counter!("chasqui_jobs_total", "what" => what).increment(1);
    let late = shared.intake.clock.now().since(job.due_at);
    metrics::histogram!("chasqui_job_lateness_seconds").record(late);
    if let Err(error) = published {
        return not_confirmed(shared, job, &error);
    }
    if let Some(lasted) = shared.confirming.ended(Instant::now()) {
        tracing::info!(seconds = lasted.as_secs(), "due jobs are confirmed again");
    }
    Fired::Confirmed { next }
}

fn not_confirmed(shared: &Shared, job: &Job, error: &PublishError) -> Fired {
    if let Some(untold) = shared.confirming.failed(Instant::now()) {
        tracing::warn!(%error, job = %job.key, untold, "a due job was not confirmed; trying again");
    }
    match error {
        PublishError::Unroutable | PublishError::Refused | PublishError::TooLarge { .. } => Fired::Refused,
        PublishError::Unknown(_) | PublishError::Unavailable(_) => Fired::Unanswered,
    }
}

fn unreadable_schedule(job: &Job, error: &dyn std::error::Error) -> Fired {
    tracing::error!(%error, job = %job.key, "a schedule cannot be read any more: delete it, or make it anew");
    Fired::Unreadable
}

/// Gives up a job whose message cannot be made: a delivery is dead under its id, a schedule stays and fires nothing.
async fn give_up(shared: &Shared, job: &Job, error: Unreadable, now: Timestamp) -> Fired {
    if matches!(job.kind, JobKind::Cron { .. }) {
        return unreadable_schedule(job, &error);
    }
    let (reason, detail) = (Reason::InternalError, error.to_string());
    let ended = match deferral::end_row_of(shared, job, reason, &detail).await {
        Ok(Remains::Letter(ended)) => ended,
        Ok(Remains::Nothing) => return Fired::Confirmed { next: None },
        // A row that is not ended now would wait for ever, so the job is tried again.
        Err(error) => {
            tracing::warn!(%error, job = %job.key, "could not end the row of a job that cannot be read; trying again");
            return Fired::Unreadable;
        }
    };
    if let Some(row) = ended {
        let notification = Notification::decode(&job.body, &shared.intake.defaults).ok();
        if !shared.intake.tell(shared.intake.told_of_row(&row, notification.as_ref())).await {
            return Fired::Unanswered;
        }
    }
    if let Err(error) = shared.intake.publisher.publish(job::dead_letter(job, reason, &detail, now)).await {
        return not_confirmed(shared, job, &error);
    }
    metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
    tracing::error!(%reason, job = %job.key, error = detail.as_str(), "a job went to the dead-letter queue");
    shared.intake.note_letter(&job.key, job.epoch).await;
    Fired::Confirmed { next: None }
}

#[cfg(test)]
mod tests;
