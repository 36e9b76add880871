//! Records deferrals in the ledger: the row of a job that is stored, or that cannot be.

use std::time::Duration;

use domain::{
    Arrival, Claim, Failure, FirstSight, Notification, Order, Outcome, Policy, PublishedBy, Reason, Row, State,
    Timestamp, Ways, decide,
};
use intake::Named;
use store::{Claimed, Job, Recorded, StoreError};
use topology::Incoming;

use crate::settlement::{Disposition, Letter};
use crate::shared::Shared;

/// How long the claim of a job is live: two commits follow it.
const LEASE: Duration = Duration::from_secs(30);

/// Gives a job without an id a row in the ledger before the job is stored, as the worker does for a delivery that it
/// defers: a redelivery finds the row by its fingerprint and stores the same job again. The counts of `arrival` become
/// the row's. Returns how the message is settled when the row says that nothing is to be stored.
pub(crate) async fn keep_row(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
    named: &Named,
    arrival: &mut Arrival,
    due: Timestamp,
) -> Result<Option<Disposition>, StoreError> {
    let first = FirstSight {
        arrival,
        notification,
        fingerprint: named.fingerprint(),
        parent: None,
        published_at: incoming.timestamp,
        hasher: &shared.intake.hasher,
        token: named.token(),
        lane: crate::job::lane(incoming, notification.priority),
        now: shared.intake.clock.now(),
    };
    let row = match shared.intake.store.claim(first.row(), arrival, LEASE).await? {
        Claimed::New(row) => record(shared, &row, &Outcome::Deferred { due }).await?.0,
        Claimed::Known(Claim::Take(row, _)) => record(shared, &row, &Outcome::Deferred { due }).await?.0,
        Claimed::Known(Claim::Repeat(row)) => *row,
        // Another scheduler is storing the job, or has stopped before its deferral was recorded. A job that is stored
        // without a recorded deferral would later meet its row as a send whose answer was lost.
        Claimed::Known(Claim::Park) => return Err(claimed()),
        Claimed::Known(Claim::HasLetter) => return Ok(Some(Disposition::Acknowledge)),
        Claimed::Known(_) => return Ok(None),
    };
    if let Order::DeadLetter { reason, error } = &row.order {
        let told = shared.intake.told_of(&row, notification, incoming);
        return Ok(Some(Disposition::DeadLetter(Letter { reason: *reason, error: error.clone(), told })));
    }
    (arrival.epoch, arrival.seq, arrival.attempt) = (row.epoch, row.seq, row.attempt);
    Ok(None)
}

/// Ends the row that waits for this very job, because the job will never be. The dead letter carries the id of the row,
/// and a move out of the dead-letter queue begins the delivery anew. A row that waits for anything else stays as it is.
/// Returns the row that has ended with the job, now or before a crash: what it tells may not be told yet.
pub(crate) async fn end_row(
    shared: &Shared,
    incoming: &Incoming,
    named: &Named,
    reason: Reason,
    error: &str,
) -> Result<Option<Row>, StoreError> {
    let Some(row) = shared.intake.store.row(named.key()).await? else { return Ok(None) };
    let mut arrival = named.arrival(incoming);
    let is_the_same = row.content == Some(arrival.content) && is_of(&row, &arrival, named);
    if row.state == State::Dead && is_the_same {
        return Ok(Some(row));
    }
    if !waits_for(&row, &arrival, named) || shared.intake.store.job(named.key()).await?.is_some() {
        return Ok(None);
    }
    (arrival.epoch, arrival.seq) = (row.epoch, row.seq);
    claim_and_end(shared, Row { token: named.token(), ..row }, &arrival, reason, error).await
}

/// What is left to do for a job that will never be published.
pub(crate) enum Remains {
    /// Its delivery has ended already, so that nothing is owed.
    Nothing,
    /// Its dead letter, and what is told of the row that has ended with it, now or before a crash.
    Letter(Option<Box<Row>>),
}

/// Ends the row of a job that was stored and will never be published.
pub(crate) async fn end_row_of(shared: &Shared, job: &Job, reason: Reason, error: &str) -> Result<Remains, StoreError> {
    let Some(row) = shared.intake.store.row(&job.key).await? else { return Ok(Remains::Letter(None)) };
    let is_of_the_job = (row.epoch, row.seq) == (job.epoch, job.seq);
    if row.state.is_final() {
        return Ok(Remains::Nothing);
    }
    if row.state.is_dead_lettered() {
        return Ok(Remains::Letter(is_of_the_job.then(|| Box::new(row))));
    }
    // A claim of ours whose end was not recorded has left the row as if it were being sent.
    let waits = row.state == State::Sending || matches!(row.order, Order::Schedule { .. });
    if !waits || !is_of_the_job {
        return Ok(Remains::Letter(None));
    }
    let arrival = Arrival {
        key: job.key.clone(),
        content: job.content,
        epoch: job.epoch,
        seq: job.seq,
        attempt: job.attempt,
        published_by: PublishedBy::Fleet,
        redelivered: false,
    };
    let ended = claim_and_end(shared, Row { token: uuid::Uuid::now_v7(), ..row }, &arrival, reason, error).await?;
    Ok(Remains::Letter(ended.map(Box::new)))
}

async fn claim_and_end(
    shared: &Shared,
    row: Row,
    arrival: &Arrival,
    reason: Reason,
    error: &str,
) -> Result<Option<Row>, StoreError> {
    let first = row.as_first(shared.intake.clock.now());
    match shared.intake.store.claim(first, arrival, LEASE).await? {
        Claimed::New(row) => end(shared, &row, reason, error).await,
        Claimed::Known(Claim::Take(row, _)) => end(shared, &row, reason, error).await,
        Claimed::Known(Claim::Park) => Err(claimed()),
        Claimed::Known(_) => Ok(None),
    }
}

/// Whether the row waits for this job. The row of a message without an id belongs to it alone; any other row waits for
/// a job with the same counts.
fn waits_for(row: &Row, arrival: &Arrival, named: &Named) -> bool {
    match row.state {
        State::Sending => named.is_anonymous(),
        State::Waiting if matches!(row.order, Order::Schedule { .. }) => is_of(row, arrival, named),
        _ => false,
    }
}

fn is_of(row: &Row, arrival: &Arrival, named: &Named) -> bool {
    named.is_anonymous() || (row.epoch, row.seq) == (arrival.epoch, arrival.seq)
}

/// None when another claim has taken the row over meanwhile.
async fn end(shared: &Shared, row: &Row, reason: Reason, error: &str) -> Result<Option<Row>, StoreError> {
    let failure = Failure::new("scheduler", None, error);
    let (row, recorded) = record(shared, row, &Outcome::Permanent { reason, failure }).await?;
    Ok((recorded != Recorded::Late).then_some(row))
}

/// Records the decision about the row, and returns the row as it is to be written.
async fn record(shared: &Shared, row: &Row, outcome: &Outcome) -> Result<(Row, Recorded), StoreError> {
    let transition = decide(row, Ways::default(), outcome, &Policy::without_retries(), shared.intake.clock.now());
    let recorded = shared.intake.store.record(&transition, None).await?;
    Ok((transition.row, recorded))
}

fn claimed() -> StoreError {
    StoreError::Unavailable("the delivery is claimed: waiting for its lease to end".into())
}
