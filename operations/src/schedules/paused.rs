//! Pauses a schedule, and has it run again. What it would have sent meanwhile is not sent afterwards.

use domain::{
    Actor, Clock, Cron, Defaults, Entry, FieldError, Key, RecipientHasher, Scope, Timestamp, Zones, nearest,
    parse_object,
};
use serde_json::{Map, Value};
use store::{JobKind, JobPause, JobSummary, Store};

use super::stop_fire;
use crate::allowed::{NotDone, must};
use crate::checked::Refused;
use crate::reader::{Reader, why};

/// The fields of the pause of a schedule, as its client writes them.
pub const PAUSE_FIELDS: [&str; 1] = ["why"];

/// Why a schedule is paused, in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why(String);

/// What became of a schedule that was to be paused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paused {
    Paused(Box<JobSummary>),
    /// It fires once, and would be late for ever: it is deleted, or what it needs is paused.
    FiresOnce,
    /// The tenant has no schedule of this id.
    Unknown,
}

/// What became of a schedule that was to run again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resumed {
    Resumed(JobSummary),
    /// It was not paused, and runs as before.
    Runs(JobSummary),
    /// Its rule cannot be read any more, or gives no run from now on.
    NoMoreRuns,
    /// The tenant has no schedule of this id.
    Unknown,
}

impl Why {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(object: Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let text = reader.required("why", "the reason, in one line, for whoever asks later");
        let words = text.map(|text| why(&text)).transpose().unwrap_or_else(|refused| {
            reader.refuse("why", refused);
            None
        });
        reader.refuse_unknown(meant);
        match words {
            Some(words) if reader.errors.is_empty() => Ok(Self(words)),
            _ => Err(reader.errors),
        }
    }
}

/// Finds the field that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    nearest(name, ["why", "reason", "note", "comment", "because"]).map(|_| "why")
}

/// Pauses a recurring schedule of the actor's tenant, or says anew why it is. After the answer it does not fire: one that a
/// scheduler had claimed is stopped where it can be.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn pause(
    store: &Store,
    actor: &Actor,
    id: &str,
    Why(why): Why,
    (defaults, recipients): (&Defaults, &RecipientHasher),
    clock: &dyn Clock,
) -> Result<Paused, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "pause a schedule", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let Some(job) = store.job(&key).await? else { return Ok(Paused::Unknown) };
    if job.kind == JobKind::OneShot {
        return Ok(Paused::FiresOnce);
    }
    let told = Entry::of(actor, "schedule.paused", id, now).with("why", why.as_str());
    let pause = JobPause { since: now, by: actor.name.clone(), why };
    let Some(stands) = store.pause_job(&key, &pause, &told).await? else { return Ok(Paused::Unknown) };
    stop_fire(store, &job, defaults, recipients, clock).await?;
    Ok(Paused::Paused(Box::new(stands)))
}

/// Has a paused schedule of the actor's tenant run again: its next run is the first that its rule gives from now on.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn resume(
    store: &Store,
    actor: &Actor,
    id: &str,
    zones: &Zones,
    clock: &dyn Clock,
) -> Result<Resumed, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "resume a schedule", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let Some(job) = store.job(&key).await? else { return Ok(Resumed::Unknown) };
    if job.paused.is_none() {
        return Ok(Resumed::Runs(job.summary));
    }
    let Some(next) = first_run(&job, zones, now) else { return Ok(Resumed::NoMoreRuns) };
    let told = Entry::of(actor, "schedule.resumed", id, now).with("next", next.to_string());
    if let Some(resumed) = store.resume_job(&key, next, &told).await? {
        return Ok(Resumed::Resumed(resumed));
    }
    // Somebody else has resumed or deleted it meanwhile.
    Ok(store.job(&key).await?.map_or(Resumed::Unknown, |job| Resumed::Runs(job.summary)))
}

fn first_run(job: &JobSummary, zones: &Zones, now: Timestamp) -> Option<Timestamp> {
    let JobKind::Cron { cron, zone, .. } = &job.kind else { return None };
    Cron::stored(cron, zone, zones).ok()?.next_after(now)
}
