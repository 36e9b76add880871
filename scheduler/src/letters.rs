//! Reads the dead-letter queue when somebody asks what is in it, and works on it for the jobs that operators have
//! started. One scheduler of a fleet does so at a time.

mod act;
mod canary;
mod in_hand;
mod pass;
mod sorting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::Outage;
use store::{RunningJob, StoreError};
use topology::{Topology, TopologyError};
use uuid::Uuid;

use crate::contained::contained;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long another scheduler waits after one that was killed.
const LEASE: Duration = Duration::from_secs(10);
/// The time between two passes of which the jobs want nothing but to know what is there.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(15);

/// Why the letters could not be read or moved. What was not done is done by a later pass.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Ledger(#[from] StoreError),
    #[error(transparent)]
    Broker(#[from] TopologyError),
    #[error("{0}")]
    NotPublished(String),
}

/// Reads and works again and again until the future is dropped, which may be in the middle of anything.
pub(crate) async fn keep_reading(shared: Arc<Shared>, topology: Topology) {
    let owner = Uuid::now_v7();
    let outage = Outage::new();
    loop {
        match contained("letters", look(&shared, &topology, owner)).await {
            Some(Ok(())) => {
                if let Some(lasted) = outage.ended(Instant::now()) {
                    tracing::info!(seconds = lasted.as_secs(), "the dead letters are read again");
                }
            }
            Some(Err(error)) => {
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "the dead letters cannot be read or moved; trying again");
                }
            }
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Does what there is to do, if this is the scheduler that does it.
async fn look(shared: &Shared, topology: &Topology, owner: Uuid) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    let reading = store.reading().await?;
    if !reading.has_jobs && !reading.is_asked_for {
        return Ok(());
    }
    if !store.lead_letters(owner, LEASE).await? {
        return Ok(());
    }
    let mut done = canary::look(shared).await;
    if done.is_ok() {
        done = act::restore(shared, owner).await;
    }
    let is_old = reading.read_at.is_none_or(|at| reading.now.since(at) > READ_AGAIN_AFTER);
    if done.is_ok() {
        done = act::close(shared).await;
    }
    if done.is_ok() && (reading.is_asked_for || is_old || wants_letters(&store.running_letter_jobs().await?)) {
        done = pass::walk(shared, topology, owner).await;
    }
    if let Err(error) = &done {
        store.note_letter_problem(owner, &error.to_string()).await?;
    }
    store.end_letter_jobs(shared.intake.clock.now()).await?;
    store.leave_letters(owner).await?;
    done
}

/// Whether a job could begin a letter that a pass would meet, or waits for what a pass does not meet.
fn wants_letters(jobs: &[RunningJob]) -> bool {
    jobs.iter().any(|job| job.action != store::LetterAction::Restore && job.until_canary != Some(0))
}
