//! Makes, shows, runs, pauses and deletes schedules: what is to be sent later, once or again and again. Each caller names
//! its tenant.

mod paused;
mod run;
mod written;

use domain::{
    Actor, ChannelName, Clock, Cron, Defaults, Entry, FieldError, Key, RecipientHasher, Scope, State, Tenant,
    Timestamp, Zones, files_named_in, fire_id,
};
use store::{Job, JobFilter, JobKind, JobPage, JobSummary, Put, Store, StoreError, Target};

pub use self::paused::{PAUSE_FIELDS, Paused, Resumed, Why, pause, resume};
pub use self::run::{Ran, run_now};
use crate::allowed::{NotDone, must};

/// The fields of a schedule, as its client writes them.
pub const FIELDS: [&str; 6] = ["cron", "timezone", "send_at", "name", "max_lateness_seconds", "notification"];

/// A schedule that can be stored, as [`Schedule::read`] makes one.
#[derive(Debug)]
pub struct Schedule {
    pub job: Job,
    /// The fields of the notification that were taken and not read.
    pub warnings: Vec<FieldError>,
}

/// Stores a schedule, which was read for the actor's tenant, once for each id, and says whether the schedule is new. A
/// schedule that fires once is its own delivery: where the ledger knows that delivery already, nothing is stored, because
/// the message would be a repeat, or a dead letter for its other body.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn create(store: &Store, actor: &Actor, schedule: Schedule, clock: &dyn Clock) -> Result<Put, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "make a schedule", now).await?;
    let job = schedule.job;
    if let Some(put) = said_by_its_delivery(store, &job).await? {
        return Ok(put);
    }
    let told = Entry::of(actor, "schedule.created", job.key.id.clone(), now)
        .with("channel", job.channel.as_ref().map(ChannelName::as_str));
    let told = match &job.kind {
        JobKind::OneShot => told.with("due", job.due_at.to_string()),
        JobKind::Cron { cron, zone, name } => {
            told.with("cron", cron.as_str()).with("zone", zone.as_str()).with("name", name.clone())
        }
    };
    // The files that it names stay until it is sent.
    store.hold_files(&job.key.tenant, &files_named_in(&job.body), job.due_at).await?;
    Ok(store.put_job_told(job, &told).await?)
}

/// Reads one schedule. None when the tenant has no schedule of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<JobSummary>, StoreError> {
    Ok(store.job(key).await?.map(|job| job.summary))
}

/// Reads one page of schedules in the order of their ids, beginning after the id `after`. `limit` is 1 to 1,000; 0
/// stands for 100.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, tenant: Tenant, after: Option<String>, limit: u32) -> Result<JobPage, StoreError> {
    let after = after.map(|id| Key { tenant: tenant.clone(), id });
    store.jobs(JobFilter { tenant: Some(tenant), recurring: None, after, limit }).await
}

/// Deletes a schedule, which then does not fire any more. False when the tenant has no schedule of this id.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn delete(
    store: &Store,
    actor: &Actor,
    id: &str,
    defaults: &Defaults,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "delete a schedule", clock.now()).await?;
    let key = &Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let Some(job) = store.job(key).await? else { return Ok(false) };
    let told = Entry::of(actor, "schedule.deleted", id, clock.now());
    match job.kind {
        // A job that fires once is its delivery: a tombstone stops a copy that was released just now.
        JobKind::OneShot => {
            let now = clock.now();
            store.cancel(key, now, &|body| Target::of(body?, defaults, recipients), Some(&told)).await?;
        }
        JobKind::Cron { .. } => {
            store.delete_job(key, Some(&told)).await?;
            stop_fire(store, &job, defaults, recipients, clock).await?;
        }
    }
    Ok(true)
}

/// Stops the fire of a schedule that fires no more: one that a scheduler has claimed already meets its tombstone. The clock
/// is asked afterwards, because a fire could become due until then.
async fn stop_fire(
    store: &Store,
    job: &Job,
    defaults: &Defaults,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    let now = clock.now();
    if job.due_at <= now {
        let fire = Key { tenant: job.key.tenant.clone(), id: fire_id(&job.key, job.due_at) };
        store.cancel(&fire, now, &|_| Target::of(&job.body, defaults, recipients), None).await?;
    }
    Ok(())
}

/// Compares a job with the delivery that has its id. None where there is no such delivery, or where the delivery
/// remembers no body. The runs of a recurring job have ids of their own. A cancelled delivery is left to the store,
/// which stores no job beside it.
async fn said_by_its_delivery(store: &Store, job: &Job) -> Result<Option<Put>, StoreError> {
    if job.kind != JobKind::OneShot {
        return Ok(None);
    }
    let row = store.row(&job.key).await?;
    let known = row.filter(|row| row.state != State::Cancelled).and_then(|row| row.content);
    Ok(known.map(|content| if content == job.content { Put::Known } else { Put::Conflict }))
}

/// When a schedule fires next. None while it is paused.
pub fn next_run(job: &JobSummary) -> Option<Timestamp> {
    job.paused.is_none().then_some(job.due_at)
}

/// The runs of a job after its next one, as the rule of the job gives them today. A job that fires once has none, nor has
/// one that is paused.
pub fn runs_after(job: &JobSummary, zones: &Zones) -> impl Iterator<Item = Timestamp> {
    let rule = match &job.kind {
        JobKind::Cron { cron, zone, .. } if job.paused.is_none() => Cron::stored(cron, zone, zones).ok(),
        JobKind::Cron { .. } | JobKind::OneShot => None,
    };
    std::iter::successors(Some(job.due_at), move |&at| rule.as_ref()?.next_after(at)).skip(1)
}
