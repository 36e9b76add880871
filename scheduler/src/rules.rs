//! Moves schedules whose stored next run is no run under the zone rules of today: the run was computed under other
//! rules, and a country has changed its clocks since.

use std::time::Duration;

use domain::{Cron, Timestamp};
use store::{JobFilter, JobKind, JobPage, JobSummary, StoreError};

use crate::shared::Shared;

/// The most by which clocks differ, wherever their zone was moved to.
const FARTHEST: Duration = Duration::from_secs(26 * 3600);
const PAGE: u32 = 500;

/// Moves such schedules once, at the start: rules change with a release of the program, or with those of the machine at
/// a restart.
pub(crate) async fn move_what_they_changed(shared: &Shared) {
    match look_through(shared).await {
        Ok(0) => {}
        Ok(moved) => tracing::info!(
            moved,
            zone_rules = %shared.zones,
            "schedules whose next run was computed with other zone rules have moved to their local time"
        ),
        Err(error) => {
            tracing::warn!(%error, "cannot look whether zone rules have changed; looking again at the next start")
        }
    }
}

async fn look_through(shared: &Shared) -> Result<usize, StoreError> {
    let (mut after, mut moved) = (None, 0);
    loop {
        let filter = JobFilter { tenant: None, recurring: Some(true), after, limit: PAGE };
        let JobPage { jobs, more } = shared.intake.store.jobs(filter).await?;
        for job in &jobs {
            let Some(due) = right_time(shared, job) else { continue };
            if shared.intake.store.move_job(&job.key, job.due_at, due).await? {
                shared.intake.store.soonest().report(due);
                moved += 1;
            }
        }
        match jobs.last() {
            Some(last) if more => after = Some(last.key.clone()),
            _ => return Ok(moved),
        }
    }
}

/// The run nearest to the stored one and later than the run before it, when the stored one is no run. None when it is
/// one.
fn right_time(shared: &Shared, job: &JobSummary) -> Option<Timestamp> {
    let JobKind::Cron { cron, zone, .. } = &job.kind else { return None };
    // It gets its next run when it is resumed.
    if job.paused.is_some() {
        return None;
    }
    let rule = Cron::stored(cron, zone, &shared.zones).ok()?;
    let stored = job.due_at;
    if rule.next_after(stored.minus(Duration::from_micros(1)))? == stored {
        return None;
    }
    let since = stored.minus(FARTHEST).max(job.last_fired_at.unwrap_or(job.created_at));
    let runs = std::iter::successors(rule.next_after(since), |&run| rule.next_after(run));
    let later = rule.next_after(stored.max(since))?;
    let earlier = runs.take_while(|&run| run < later).last();
    let near = |run: &Timestamp| run.since(stored).max(stored.since(*run));
    earlier.into_iter().chain([later]).min_by_key(near)
}

#[cfg(test)]
mod tests;
