//! Stores what arrives on the scheduled queue, and acknowledges once it is committed.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Arrival, Claim, DecodeError, FieldError, FirstSight, Key, Notification, Outcome, Policy, Reason, Row, Timestamp,
    content_of, decide, fingerprint_of,
};
use store::{Claimed, Job, JobKind, Put, StoreError};
use tokio::sync::mpsc;
use topology::{Incoming, PublishError};
use uuid::Uuid;

use crate::{Shared, job};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// See the worker: give up before the queue's own delivery limit would, so that the dead letter has a reason.
const TOO_MANY_DELIVERIES: u32 = 10;
/// How long the claim of an anonymous job holds: storing it takes two commits.
const LEASE: Duration = Duration::from_secs(30);

/// Until the source ends, which it does when the consumers drain.
pub(crate) async fn take(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = source.recv().await {
        shared.jobs.spawn(store_one(Arc::clone(&shared), incoming));
    }
}

async fn store_one(shared: Arc<Shared>, incoming: Incoming) {
    if incoming.delivery_count >= TOO_MANY_DELIVERIES {
        let error = format!("delivered {} times without being stored", incoming.delivery_count + 1);
        return dead_letter(&shared, incoming, Reason::RedeliveredTooOften, &error).await;
    }
    let notification = match decode(&shared, &incoming) {
        Ok(notification) => notification,
        Err(error) => return dead_letter(&shared, incoming, error.reason, &error.to_string()).await,
    };
    let mut wait = FIRST_WAIT;
    loop {
        match put(&shared, &notification, &incoming).await {
            Ok(Stored { put: Put::Conflict, .. }) => {
                let error = "this id is known with another body; give the new content an id of its own";
                return dead_letter(&shared, incoming, Reason::IdConflict, error).await;
            }
            Ok(Stored { anonymous, .. }) => {
                if incoming.settle.ack().await
                    && let Some(key) = anonymous
                {
                    shared.store.settled(key);
                }
                return;
            }
            Err(StoreError::Refused(detail)) => {
                return dead_letter(&shared, incoming, Reason::InternalError, &detail).await;
            }
            Err(error) => tracing::warn!(%error, "a job waits for the ledger"),
        }
        tokio::select! {
            () = shared.stop.cancelled() => return incoming.settle.requeue().await,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

struct Stored {
    put: Put,
    /// The minted identity of a job that came without one.
    anonymous: Option<Key>,
}

fn decode(shared: &Shared, incoming: &Incoming) -> Result<Notification, DecodeError> {
    if incoming.message_id.as_deref().is_some_and(|id| id.contains('\0')) {
        let field = FieldError { pointer: String::new(), detail: "the message_id contains U+0000".into() };
        return Err(DecodeError { reason: Reason::DecodeError, fields: vec![field] });
    }
    Notification::decode(&incoming.body, &shared.defaults)
}

/// Without a `notify-due` and a `send_at` it is due at once.
async fn put(shared: &Shared, notification: &Notification, incoming: &Incoming) -> Result<Stored, StoreError> {
    let now = shared.clock.now();
    let due = incoming.headers.due.or(notification.send_at).unwrap_or(now);
    let given = incoming.message_id.clone().filter(|id| !id.is_empty()).or_else(|| notification.id.clone());
    let (arrival, anonymous) = match given {
        Some(id) => {
            let key = Key { tenant: notification.tenant.clone(), id };
            (Arrival::new(key, content_of(&incoming.body), &incoming.headers, incoming.redelivered), None)
        }
        None => {
            let arrival = remember_anonymous(shared, notification, incoming, due).await?;
            let key = arrival.key.clone();
            (arrival, Some(key))
        }
    };
    let job = Job {
        key: arrival.key,
        kind: JobKind::OneShot,
        lane: job::lane(incoming, notification.priority),
        body: incoming.body.to_vec(),
        content: arrival.content,
        epoch: arrival.epoch,
        seq: arrival.seq,
        attempt: arrival.attempt,
        carried: job::keep(incoming),
        due_at: due,
        expires_at: notification.expires_at(incoming.timestamp.unwrap_or(now)),
        max_lateness_seconds: notification.max_lateness_seconds,
        created_at: now,
        last_fired_at: None,
    };
    let put = shared.store.put_job(job).await?;
    metrics::counter!("chasqui_jobs_total", "what" => what(put)).increment(1);
    Ok(Stored { put, anonymous })
}

const fn what(put: Put) -> &'static str {
    match put {
        Put::Stored => "stored",
        Put::Known => "known",
        Put::Conflict => "conflict",
        Put::Cancelled => "cancelled",
    }
}

/// A job without an id gets a row in the ledger first, as the worker gives one to a delivery that it
/// defers: a redelivery finds the row by its fingerprint and stores the same job again.
async fn remember_anonymous(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
    due: Timestamp,
) -> Result<Arrival, StoreError> {
    let fingerprint = fingerprint_of(&incoming.body, &incoming.properties_fingerprint);
    let known = if incoming.redelivered { shared.store.find_anonymous(&fingerprint).await? } else { Vec::new() };
    let minted = || Key { tenant: notification.tenant.clone(), id: Uuid::now_v7().to_string() };
    let key = known.into_iter().next().unwrap_or_else(minted);
    let mut arrival = Arrival::new(key, content_of(&incoming.body), &incoming.headers, incoming.redelivered);
    let first = FirstSight {
        arrival: &arrival,
        notification,
        fingerprint: Some(fingerprint),
        parent: None,
        published_at: incoming.timestamp,
        hasher: &shared.hasher,
        token: Uuid::now_v7(),
        now: shared.clock.now(),
    };
    let row = match shared.store.claim(first.row(), &arrival, LEASE).await? {
        Claimed::New(row) => defer(shared, row, due).await?,
        Claimed::Known(Claim::Take(row, _)) => defer(shared, *row, due).await?,
        Claimed::Known(Claim::Repeat(row)) => *row,
        // Somebody is storing it, or stopped before its deferral was recorded: a job stored without that would meet
        // its row later as a send whose answer was lost.
        Claimed::Known(Claim::Park) => {
            return Err(StoreError::Unavailable("the delivery is claimed: waiting for its lease to end".into()));
        }
        Claimed::Known(_) => return Ok(arrival),
    };
    (arrival.epoch, arrival.seq, arrival.attempt) = (row.epoch, row.seq, row.attempt);
    Ok(arrival)
}

async fn defer(shared: &Shared, row: Row, due: Timestamp) -> Result<Row, StoreError> {
    let policy = Policy::without_retries();
    let deferral = decide(&row, false, &Outcome::Deferred { due }, &policy, shared.clock.now());
    shared.store.record(&deferral, None).await?;
    Ok(deferral.row)
}

async fn dead_letter(shared: &Shared, incoming: Incoming, reason: Reason, error: &str) {
    metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
    tracing::warn!(%reason, error, "a message of the scheduled queue went to the dead-letter queue");
    let publication = incoming.dead_letter(reason, error, shared.clock.now(), || Uuid::now_v7().to_string());
    let mut wait = FIRST_WAIT;
    while let Err(error) = shared.publisher.publish(publication.clone()).await {
        if let PublishError::TooLarge { .. } = error {
            tracing::error!(%error, "cannot be published: leaving it to the broker's dead-lettering");
            return incoming.settle.reject().await;
        }
        tracing::warn!(%error, "publishing a dead letter again");
        tokio::select! {
            () = shared.stop.cancelled() => return incoming.settle.requeue().await,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    incoming.settle.ack().await;
}
