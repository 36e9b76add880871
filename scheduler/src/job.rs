//! Turns a message of the scheduled queue into a job of the ledger, and back.

use bytes::Bytes;
use domain::{
    Counts, Cron, DeadMark, InvalidCron, KeptHeaders, Key, Lane, Reason, Timestamp, Zones, fire_id, letter_headers,
    parse_object,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Job, JobKind, StoreError};
use topology::{Incoming, Owner, Publication, PublisherProperties, To};

/// What a job stores of its message besides the body. The store does not read this.
#[derive(Default, Serialize, Deserialize)]
struct StoredProperties {
    carried: PublisherProperties,
    publisher: Option<String>,
    parent: Option<String>,
    /// The message has met no row yet, and still asks for a new budget when it does.
    #[serde(default)]
    again: bool,
}

/// The stored properties of a job cannot be read, so nobody can tell what its message is, or whose. The error quotes
/// nothing, because they may hold anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("what the ledger has kept of it cannot be read, so nothing was published")]
pub(crate) struct Unreadable;

/// The properties of a message in the form in which its job stores them.
///
/// # Errors
/// [`StoreError::Refused`] when they cannot be stored whole: a part of them could lose the owner.
pub(crate) fn stored_properties(incoming: &Incoming) -> Result<Vec<u8>, StoreError> {
    let KeptHeaders { publisher, parent, again } = KeptHeaders::of(&incoming.headers);
    let properties = StoredProperties { carried: incoming.publisher_properties.clone(), publisher, parent, again };
    serde_json::to_vec(&properties)
        .map_err(|_error| StoreError::Refused("its properties cannot be written as JSON".into()))
}

/// Reads the stored properties. A job that came by HTTP, and the demo, have none.
fn read_properties(job: &Job) -> Result<StoredProperties, Unreadable> {
    if job.carried.is_empty() {
        return Ok(StoredProperties::default());
    }
    serde_json::from_slice(&job.carried).map_err(|_error| Unreadable)
}

/// The message of a due job. A one-shot job is its delivery: same id, headers and seq. A recurring job makes a new
/// delivery for each fire, with an id that racing schedulers agree on.
///
/// # Errors
/// [`Unreadable`]: a message without its stored properties might be of another tenant.
pub(crate) fn publication(job: &Job) -> Result<Publication, Unreadable> {
    let StoredProperties { carried, publisher, parent, again } = read_properties(job)?;
    let counts = Counts { epoch: job.epoch, seq: job.seq, attempt: job.attempt };
    let headers = KeptHeaders { publisher, parent, again }.released(job.lane, counts);
    let (message_id, body) = match job.kind {
        JobKind::OneShot => (job.key.id.clone(), job.body.clone()),
        JobKind::Cron { .. } => fire(&job.key, &job.body, job.due_at)?,
    };
    Ok(Publication {
        to: To::Lane(job.lane),
        message_id,
        body: Bytes::from(body),
        headers,
        publisher_properties: carried,
    })
}

/// The dead letter of a one-shot job. Its tenant is the one under which the ledger has the job, which is that of the
/// message that the job was made of: so an operator's move never brings it to another tenant.
pub(crate) fn dead_letter(job: &Job, reason: Reason, error: &str, at: Timestamp) -> Publication {
    Publication {
        to: To::DeadLetter,
        message_id: job.key.id.clone(),
        body: Bytes::from(job.body.clone()),
        headers: letter_headers(job.epoch, job.lane, DeadMark::new(reason, error, job.attempt, at)),
        publisher_properties: PublisherProperties::default().with_owner(&Owner::Tenant(job.key.tenant.clone())),
    }
}

/// The body of one fire. It has an id of its own, and the scheduled time as its `send_at`, from which the greatest
/// lateness counts.
///
/// # Errors
/// [`Unreadable`]: a body without its words would be a dead letter of nobody.
fn fire(job: &Key, body: &[u8], due: Timestamp) -> Result<(String, Vec<u8>), Unreadable> {
    let id = fire_id(job, due);
    let mut object = parse_object(body).map_err(|_error| Unreadable)?;
    object.insert("id".into(), Value::String(id.clone()));
    object.insert("send_at".into(), Value::String(due.to_string()));
    let body = serde_json::to_vec(&Value::Object(object)).map_err(|_error| Unreadable)?;
    Ok((id, body))
}

/// When a recurring job fires after `due`. Missed fires are skipped, so that a scheduler that was down for hours fires
/// each job once. None for a one-shot job.
///
/// # Errors
/// [`InvalidCron`] for a rule that could be read when it was stored, and no longer can.
pub(crate) fn next_fire(job: &Job, now: Timestamp, zones: &Zones) -> Result<Option<Timestamp>, InvalidCron> {
    match &job.kind {
        JobKind::OneShot => Ok(None),
        JobKind::Cron { cron, zone, .. } => Ok(Cron::stored(cron, zone, zones)?.next_after(job.due_at.max(now))),
    }
}

/// The lane to which a message of the scheduled queue is published when it is due.
pub(crate) fn lane(incoming: &Incoming, priority: domain::Priority) -> Lane {
    incoming.headers.lane.unwrap_or_else(|| priority.lane())
}

#[cfg(test)]
mod tests;
