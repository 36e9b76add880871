//! Stores what arrives on the scheduled queue, and acknowledges once it is committed.

use std::sync::Arc;
use std::time::Duration;

use domain::{Arrival, Notification, Reason, mask};
use store::{Job, JobKind, Put, StoreError};
use tokio::sync::mpsc;
use topology::{Incoming, TOO_MANY_DELIVERIES};
use uuid::Uuid;

use crate::contained::contained;
use crate::leave::{Named, Way, leave};
use crate::row::{end_row, keep_row};
use crate::{Shared, job};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Until the source ends, which it does when the consumers drain.
pub(crate) async fn take(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = source.recv().await {
        shared.jobs.spawn(store_one(Arc::clone(&shared), incoming));
    }
}

async fn store_one(shared: Arc<Shared>, incoming: Incoming) {
    let mut named = None;
    let way = walk(&shared, &incoming, &mut named).await;
    leave(&shared, way, named.as_ref(), incoming).await;
}

/// Names the job and stores it, and says how its message leaves.
async fn walk(shared: &Shared, incoming: &Incoming, named: &mut Option<Named>) -> Way {
    let too_often = || {
        let error = format!("delivered {} times without being stored", incoming.delivery_count + 1);
        Way::DeadLetter(Reason::RedeliveredTooOften, error)
    };
    // Looking for its row has not helped either.
    if incoming.delivery_count > TOO_MANY_DELIVERIES {
        return too_often();
    }
    let notification = match incoming.decode(&shared.defaults) {
        Ok(notification) => notification,
        Err(error) => return Way::DeadLetter(error.reason, error.to_string()),
    };
    let named = match name(shared, &notification, incoming).await {
        Ok(found) => named.insert(found),
        Err(trouble) => return trouble.into(),
    };
    let way = if incoming.delivery_count == TOO_MANY_DELIVERIES {
        too_often()
    } else if named.is_doubtful() {
        let error = "an equal message without an id has ended, and nobody can know whether this is the same one";
        return Way::DeadLetter(Reason::Ambiguous, error.into());
    } else {
        match insist(shared, || put(shared, &notification, incoming, named)).await {
            Ok(way) => return way,
            Err(trouble) => trouble.into(),
        }
    };
    if let Way::DeadLetter(reason, error) = &way
        && let Err(Trouble::Stopping) = insist(shared, || end_row(shared, incoming, named, *reason, error)).await
    {
        return Way::GiveBack;
    }
    way
}

/// By the id that it came with; without any, by an id of its own, which it holds by its adoption.
async fn name(shared: &Shared, notification: &Notification, incoming: &Incoming) -> Result<Named, Trouble> {
    if let Some(key) = incoming.given_key(notification) {
        return Ok(Named { key, adoption: None });
    }
    let (fingerprint, copy) = (incoming.fingerprint(), Uuid::now_v7());
    let adopt = || shared.store.adopt(&notification.tenant, &fingerprint, copy, incoming.redelivered);
    let adoption = insist(shared, adopt).await?;
    Ok(Named { key: adoption.key().clone(), adoption: Some(adoption) })
}

/// Without a `notify-due` and a `send_at` it is due at once.
async fn put(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
    named: &Named,
) -> Result<Way, StoreError> {
    let now = shared.clock.now();
    let due = incoming.headers.due.or(notification.send_at).unwrap_or(now);
    let mut arrival = named.arrival(incoming);
    if let Some(adoption) = &named.adoption
        && let Some(way) = keep_row(shared, notification, incoming, adoption, &mut arrival, due).await?
    {
        return Ok(way);
    }
    let Arrival { key, content, epoch, seq, attempt, .. } = arrival;
    let job = Job {
        key,
        kind: JobKind::OneShot,
        lane: job::lane(incoming, notification.priority),
        channel: Some(notification.channel.clone()),
        recipient_mask: Some(mask(&notification.destination)),
        body: incoming.body.to_vec(),
        content,
        epoch,
        seq,
        attempt,
        carried: job::keep(incoming)?,
        due_at: due,
        expires_at: notification.expires_at(incoming.timestamp.unwrap_or(now)),
        max_lateness_seconds: notification.max_lateness_seconds,
        created_at: now,
        last_fired_at: None,
    };
    let put = shared.store.put_job(job).await?;
    metrics::counter!("chasqui_jobs_total", "what" => what(put)).increment(1);
    Ok(match put {
        Put::Stored | Put::Known | Put::Cancelled => Way::Acknowledge,
        Put::Conflict => {
            let error = "this id is known with another body; give the new content an id of its own";
            Way::DeadLetter(Reason::IdConflict, error.into())
        }
    })
}

const fn what(put: Put) -> &'static str {
    match put {
        Put::Stored => "stored",
        Put::Known => "known",
        Put::Conflict => "conflict",
        Put::Cancelled => "cancelled",
    }
}

/// Why a step with the ledger did not reach its end.
pub(crate) enum Trouble {
    /// The ledger will never take this one.
    Refused(String),
    Panic,
    /// The scheduler stops, and the ledger is away.
    Stopping,
}

impl From<Trouble> for Way {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(detail) => Self::DeadLetter(Reason::InternalError, detail),
            Trouble::Panic => Self::DeadLetter(Reason::InternalError, "the scheduler panicked".into()),
            Trouble::Stopping => Self::GiveBack,
        }
    }
}

/// Repeats a step until the ledger has taken it.
pub(crate) async fn insist<T, F>(shared: &Shared, step: impl Fn() -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = FIRST_WAIT;
    loop {
        match contained("store", step()).await.ok_or(Trouble::Panic)? {
            Ok(done) => return Ok(done),
            Err(StoreError::Refused(detail) | StoreError::Unreadable(detail)) => {
                return Err(Trouble::Refused(detail));
            }
            Err(error) => tracing::warn!(%error, "a job waits for the ledger"),
        }
        tokio::select! {
            () = shared.stop.cancelled() => return Err(Trouble::Stopping),
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
