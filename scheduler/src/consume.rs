//! Stores what arrives on the scheduled queue, and acknowledges it once it is committed.

use std::sync::Arc;

use domain::{Arrival, Notification, Reason, mask};
use intake::{InHand, Named, TooOften};
use store::{Job, JobKind, Put, StepError, StoreError};
use tokio::sync::mpsc;
use topology::Incoming;

use crate::deferral::{end_row, keep_row};
use crate::job;
use crate::settlement::{Disposition, settle};
use crate::shared::Shared;

/// Handles the messages of the queue until its stream ends, which it does when the consumers drain.
pub(crate) async fn store_jobs(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = source.recv().await {
        shared.jobs.spawn(store_one(Arc::clone(&shared), incoming));
    }
}

async fn store_one(shared: Arc<Shared>, incoming: Incoming) {
    let in_hand = InHand::new(&shared.intake);
    let disposition = pipeline(&shared, &in_hand, &incoming).await;
    settle(disposition, &in_hand, incoming).await;
}

/// Names the job and stores it, and says how its message is settled.
async fn pipeline(shared: &Shared, in_hand: &InHand<'_>, incoming: &Incoming) -> Disposition {
    let breaker = &shared.intake.breaker;
    let often = TooOften::of(incoming);
    let too_often = || {
        let error = format!("delivered {} times without being stored", incoming.delivery_count + 1);
        Disposition::DeadLetter(Reason::RedeliveredTooOften, error)
    };
    if often == Some(TooOften::LeaveItsRow) {
        return too_often();
    }
    let notification = match shared.intake.decode(incoming) {
        Ok(notification) => notification,
        Err(error) => return Disposition::DeadLetter(error.reason, error.to_string()),
    };
    let named = match in_hand.identify(&notification, incoming).await {
        Ok(named) => named,
        Err(trouble) => return trouble.into(),
    };
    let disposition = if often.is_some() {
        too_often()
    } else if named.is_suspected() {
        let error = "an equal message without an id has ended, and nobody can know whether this is the same one";
        return Disposition::DeadLetter(Reason::Ambiguous, error.into());
    } else {
        match breaker.retry_until_taken(|| put(shared, &notification, incoming, named)).await {
            Ok(disposition) => return disposition,
            Err(trouble) => trouble.into(),
        }
    };
    if let Disposition::DeadLetter(reason, error) = &disposition
        && let Err(StepError::GivenUp(_)) =
            breaker.retry_until_taken(|| end_row(shared, incoming, named, *reason, error)).await
    {
        return Disposition::GiveBack;
    }
    disposition
}

/// Stores the job. A message without a `notify-due` and a `send_at` is due at once.
async fn put(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
    named: &Named,
) -> Result<Disposition, StoreError> {
    let now = shared.intake.clock.now();
    let due = incoming.headers.due.or(notification.send_at).unwrap_or(now);
    let mut arrival = named.arrival(incoming);
    if named.is_anonymous()
        && let Some(disposition) = keep_row(shared, notification, incoming, named, &mut arrival, due).await?
    {
        return Ok(disposition);
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
        carried: job::stored_properties(incoming)?,
        due_at: due,
        expires_at: notification.expires_at(incoming.timestamp.unwrap_or(now)),
        max_lateness_seconds: notification.max_lateness_seconds,
        created_at: now,
        last_fired_at: None,
    };
    let unread = (!notification.unknown.is_empty()).then(|| job.key.clone());
    let put = shared.intake.store.put_job(job).await?;
    // The message that is published when the job is due has this body, but not these headers, so the headers are warned
    // of now.
    if let Some(key) = unread.filter(|_| put == Put::Stored) {
        shared.intake.keep_warnings(&key, &notification.unknown);
    }
    metrics::counter!("chasqui_jobs_total", "what" => what(put)).increment(1);
    Ok(match put {
        Put::Stored | Put::Known | Put::Cancelled => Disposition::Acknowledge,
        Put::Conflict => Disposition::DeadLetter(Reason::IdConflict, Reason::ANOTHER_BODY.into()),
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

#[cfg(test)]
mod tests;
