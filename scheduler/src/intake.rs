//! Stores what arrives on the scheduled queue, and acknowledges once it is committed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{Arrival, Claim, FirstSight, Notification, Outcome, Policy, Reason, Row, Timestamp, content_of, decide};
use futures_util::FutureExt as _;
use store::{Adoption, Claimed, Job, JobKind, Put, Sight, StoreError};
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
    let notification = match incoming.decode(&shared.defaults) {
        Ok(notification) => notification,
        Err(error) => return dead_letter(&shared, incoming, error.reason, &error.to_string()).await,
    };
    // Of a message that came without an id, and the same for every try.
    let mut adoption = None;
    let mut wait = FIRST_WAIT;
    loop {
        let put = AssertUnwindSafe(put(&shared, &notification, &incoming, &mut adoption)).catch_unwind().await;
        let Ok(put) = put else {
            return dead_letter(&shared, incoming, Reason::InternalError, "the scheduler panicked").await;
        };
        match put {
            Ok(Stored::Acknowledge) => {
                domain::failpoint("scheduler.stored_before_ack");
                let generation = incoming.settle.generation();
                if incoming.settle.ack().await
                    && let Some(adoption) = adoption
                {
                    adoption.acknowledged(|| !generation.is_over(), shared.stop.cancelled()).await;
                }
                return;
            }
            Ok(Stored::AdoptedByAnother) => return incoming.settle.requeue().await,
            Ok(Stored::Conflict) => {
                let error = "this id is known with another body; give the new content an id of its own";
                return dead_letter(&shared, incoming, Reason::IdConflict, error).await;
            }
            Ok(Stored::Doubtful) => {
                let error =
                    "an equal message without an id has ended, and nobody can know whether this is the same one";
                let generation = incoming.settle.generation();
                if dead_lettered(&shared, incoming, Reason::Ambiguous, error).await
                    && let Some(adoption) = adoption
                {
                    adoption.acknowledged(|| !generation.is_over(), shared.stop.cancelled()).await;
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

enum Stored {
    Acknowledge,
    Conflict,
    /// It may be a message that has ended: nobody can know.
    Doubtful,
    /// Storing it took so long that an equal message continues its row: it comes again as one of its own.
    AdoptedByAnother,
}

/// Without a `notify-due` and a `send_at` it is due at once.
async fn put(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
    adoption: &mut Option<Adoption>,
) -> Result<Stored, StoreError> {
    let now = shared.clock.now();
    let due = incoming.headers.due.or(notification.send_at).unwrap_or(now);
    let arrival = match incoming.given_key(notification) {
        Some(key) => Arrival::new(key, content_of(&incoming.body), &incoming.headers, incoming.redelivered),
        None => {
            if adoption.is_none() {
                *adoption = Some(adopt(shared, notification, incoming).await?);
            }
            let Some(adoption) = adoption.as_ref().filter(|adoption| adoption.sight() != Sight::Doubtful) else {
                return Ok(Stored::Doubtful);
            };
            remember_anonymous(shared, notification, incoming, adoption, due).await?
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
    if put == Put::Conflict {
        return Ok(Stored::Conflict);
    }
    let holds = match adoption {
        Some(adoption) => adoption.holds(true).await?,
        None => true,
    };
    Ok(if holds { Stored::Acknowledge } else { Stored::AdoptedByAnother })
}

async fn adopt(shared: &Shared, notification: &Notification, incoming: &Incoming) -> Result<Adoption, StoreError> {
    let fingerprint = incoming.fingerprint();
    shared.store.adopt(&notification.tenant, &fingerprint, Uuid::now_v7(), incoming.redelivered).await
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
    adoption: &Adoption,
    due: Timestamp,
) -> Result<Arrival, StoreError> {
    let key = adoption.key().clone();
    let arrival = Arrival::new(key, content_of(&incoming.body), &incoming.headers, incoming.redelivered);
    let mut arrival = arrival.without_id();
    let first = FirstSight {
        arrival: &arrival,
        notification,
        fingerprint: Some(incoming.fingerprint()),
        parent: None,
        published_at: incoming.timestamp,
        hasher: &shared.hasher,
        token: adoption.copy(),
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
    dead_lettered(shared, incoming, reason, error).await;
}

/// Whether it was acknowledged then.
async fn dead_lettered(shared: &Shared, incoming: Incoming, reason: Reason, error: &str) -> bool {
    metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
    tracing::warn!(%reason, error, "a message of the scheduled queue went to the dead-letter queue");
    let publication = incoming.dead_letter(reason, error, shared.clock.now(), || Uuid::now_v7().to_string());
    let mut wait = FIRST_WAIT;
    while let Err(error) = shared.publisher.publish(publication.clone()).await {
        if let PublishError::TooLarge { .. } = error {
            tracing::error!(%error, "cannot be published: leaving it to the broker's dead-lettering");
            incoming.settle.reject().await;
            return false;
        }
        tracing::warn!(%error, "publishing a dead letter again");
        tokio::select! {
            () = shared.stop.cancelled() => {
                incoming.settle.requeue().await;
                return false;
            }
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    incoming.settle.ack().await
}
