//! Stores what arrives on the scheduled queue, and acknowledges it once it is committed.

use std::sync::Arc;

use domain::{Arrival, Notification, Reason};
use intake::{InHand, Named, TooOften};
use store::{Job, JobKind, JobSummary, Put, StepError, StoreError};
use tokio::sync::mpsc;
use topology::Incoming;

use crate::deferral::{end_row, keep_row};
use crate::job;
use crate::settlement::{Disposition, settle};
use crate::shared::Shared;
use crate::stored_files;

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
        Disposition::dead_letter(Reason::RedeliveredTooOften, error)
    };
    if often == Some(TooOften::LeaveItsRow) {
        return too_often();
    }
    let notification = match shared.intake.decode(incoming) {
        Ok(notification) => notification,
        Err(error) => return Disposition::dead_letter(error.reason, error.to_string()),
    };
    let named = match in_hand.identify(&notification, incoming).await {
        Ok(named) => named,
        Err(trouble) => return trouble.into(),
    };
    let disposition = if often.is_some() {
        too_often()
    } else if named.is_suspected() {
        let error = "an equal message without an id has ended, and nobody can know whether this is the same one";
        return Disposition::dead_letter(Reason::Ambiguous, error);
    } else {
        match breaker.retry_until_taken(|| put(shared, &notification, incoming, named)).await {
            Ok(disposition) => return disposition,
            Err(trouble) => trouble.into(),
        }
    };
    let mut letter = match disposition {
        Disposition::DeadLetter(letter) => letter,
        settled => return settled,
    };
    let ended = breaker.retry_until_taken(|| end_row(shared, incoming, named, letter.reason, &letter.error)).await;
    match ended {
        Ok(Some(row)) => letter.told = shared.intake.told_of(&row, &notification, incoming),
        Err(StepError::GivenUp(_)) => return Disposition::GiveBack,
        Ok(None) | Err(StepError::Refused(_) | StepError::Panicked) => {}
    }
    Disposition::DeadLetter(letter)
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
    let to = (notification.channel.clone(), notification.destination.as_str());
    let summary = JobSummary {
        lane: job::lane(incoming, notification.priority),
        epoch,
        seq,
        attempt,
        expires_at: notification.expires_at(incoming.timestamp.unwrap_or(now)),
        max_lateness_seconds: notification.max_lateness_seconds,
        ..JobSummary::new(key, JobKind::OneShot, to, content, due, now)
    };
    let job = Job { summary, body: incoming.body.to_vec(), carried: job::stored_properties(incoming)? };
    let unread = (!notification.unknown.is_empty()).then(|| job.key.clone());
    stored_files::hold(shared, &job.key.tenant, &job.body, due).await?;
    let put = shared.intake.store.put_job(job).await?;
    // The message that is published when the job is due has this body, but not these headers, so the headers are warned
    // of now.
    if let Some(key) = unread.filter(|_| put == Put::Stored) {
        shared.intake.keep_warnings(&key, &notification.unknown);
    }
    metrics::counter!("chasqui_jobs_total", "what" => what(put)).increment(1);
    Ok(match put {
        Put::Stored | Put::Known | Put::Cancelled => Disposition::Acknowledge,
        Put::Conflict => Disposition::dead_letter(Reason::IdConflict, Reason::ANOTHER_BODY),
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
