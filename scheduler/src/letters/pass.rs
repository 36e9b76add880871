//! One pass through the dead-letter queue, from its beginning to its end.

use std::time::Duration;

use tokio::time::Instant;
use topology::{Letters, Topology};
use uuid::Uuid;

use super::in_hand::Work;
use super::{LEASE, Trouble, act, sorting};
use crate::shared::Shared;

/// The longest pass. The broker takes back what a consumer has for longer than half an hour, and nobody else sees what a
/// pass has.
const LONGEST: Duration = Duration::from_secs(300);

/// Reads the queue, does what jobs want done with its letters, and lets go of the others.
pub(super) async fn walk(shared: &Shared, topology: &Topology, owner: Uuid) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    let Some(pass) = store.begin_letter_pass(owner).await? else { return Ok(()) };
    let mut letters = Letters::open(topology).await?;
    let walked = through(shared, &mut letters, owner, pass.number).await;
    letters.close().await;
    if walked? {
        store.end_letter_pass(owner, pass, shared.intake.clock.now()).await?;
    }
    Ok(())
}

/// Whether the end of the queue was reached.
async fn through(shared: &Shared, letters: &mut Letters<'_>, owner: Uuid, pass: i64) -> Result<bool, Trouble> {
    let store = &shared.intake.store;
    let until = Instant::now() + LONGEST;
    let mut work = Work::new(shared, owner, until, store.running_letter_jobs().await?);
    while work.may_go_on().await? {
        let window = letters.next().await?;
        if window.is_empty() {
            return Ok(true);
        }
        sorting::index(shared, pass, &window).await?;
        act::work_on(&mut work, letters, window).await?;
    }
    Ok(false)
}

impl Work<'_> {
    /// Whether there is time left, and this scheduler still is the one that reads.
    pub(super) async fn may_go_on(&self) -> Result<bool, Trouble> {
        let store = &self.shared.intake.store;
        let is_over = self.shared.intake.stopping.is_cancelled() || Instant::now() >= self.until;
        Ok(!is_over && store.lead_letters(self.owner, LEASE).await?)
    }
}
