//! Looks what became of the first letters of jobs that wait for that.

use std::time::Duration;

use domain::{Canary, Verdict};

use super::Trouble;
use crate::shared::Shared;

/// How long a job waits for the end of its first letters before it asks an operator.
const LONGEST: Duration = Duration::from_secs(1800);

pub(super) async fn look(shared: &Shared) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    for job in store.running_letter_jobs().await? {
        if job.until_canary != Some(0) {
            continue;
        }
        let canary = store.canary_of(&job.id).await?;
        let Canary { tried, well, failed } = canary;
        let waited = job.last_at.map_or(Duration::ZERO, |at| shared.intake.clock.now().since(at));
        match canary.verdict() {
            Verdict::GoOn => store.pass_letter_canary(&job.id).await?,
            Verdict::Pause => {
                let why = format!("{failed} of the first {tried} failed again, {well} did not");
                tracing::warn!(
                    job = job.id,
                    failed,
                    tried,
                    "a job over dead letters pauses: the first ones failed again"
                );
                store.pause_letter_job(&job.id, &why).await?;
            }
            Verdict::Wait if waited > LONGEST => {
                let open = tried.saturating_sub(well + failed);
                let why = format!("{open} of the first {tried} have not ended within half an hour");
                store.pause_letter_job(&job.id, &why).await?;
            }
            Verdict::Wait => {}
        }
    }
    Ok(())
}
