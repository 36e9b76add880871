//! Schedules that were stored under other zone rules than those in use.

use domain::Zones;
use store::Job;

use super::*;
use crate::testing::{Parts, at, parts, schedule};

const NOW: &str = "2026-11-28T12:00:00Z";

async fn due(parts: &Parts, job: &Job) -> Timestamp {
    parts.shared.intake.store.job(&job.key).await.unwrap().unwrap().due_at
}

#[tokio::test]
async fn a_run_that_was_computed_with_older_rules_moves_to_its_local_time() {
    let parts = parts(NOW, Zones::bundled()).await;
    // Vancouver stayed at UTC-7 in the autumn of 2026; older rules have UTC-8.
    let vancouver = |id: &str, cron: &str, due: &str| schedule(id, cron, "America/Vancouver", due);
    let cases = [
        (vancouver("yearly", "0 9 15 12 *", "2026-12-15T17:00:00Z"), "2026-12-15T16:00:00Z"),
        (vancouver("daily", "0 9 * * *", "2026-11-28T17:00:00Z"), "2026-11-28T16:00:00Z"),
        (vancouver("missed", "0 3 * * *", "2026-11-28T11:00:00Z"), "2026-11-28T10:00:00Z"),
        (vancouver("right", "0 9 * * *", "2026-11-28T16:00:00Z"), "2026-11-28T16:00:00Z"),
        (vancouver("hourly", "0 * * * *", "2026-11-28T17:00:00Z"), "2026-11-28T17:00:00Z"),
        (vancouver("unreadable", "0 9 * * * * *", "2026-11-28T17:00:00Z"), "2026-11-28T17:00:00Z"),
        (schedule("utc", "0 9 * * *", "UTC", "2026-11-29T09:00:00Z"), "2026-11-29T09:00:00Z"),
    ];
    for (job, _) in &cases {
        parts.shared.intake.store.put_job(job.clone()).await.unwrap();
    }
    move_what_they_changed(&parts.shared).await;
    for (job, expected) in &cases {
        assert_eq!(due(&parts, job).await, at(expected), "{}", job.key.id);
    }
    assert_eq!(look_through(&parts.shared).await.unwrap(), 0, "they are right now");
}

#[tokio::test]
async fn no_run_comes_twice_when_clocks_were_changed() {
    let parts = parts(NOW, Zones::bundled()).await;
    // Of two runs an hour apart the first has happened: only the second is left.
    let twice = schedule("twice", "0 8,9 * * *", "America/Vancouver", "2026-11-28T16:30:00Z");
    let done = JobSummary { last_fired_at: Some(at("2026-11-28T16:00:00Z")), ..twice.summary };
    assert_eq!(right_time(&parts.shared, &done), Some(at("2026-11-29T15:00:00Z")));
    let first = JobSummary { last_fired_at: Some(at("2026-11-28T15:00:00Z")), ..done };
    assert_eq!(right_time(&parts.shared, &first), Some(at("2026-11-28T16:00:00Z")));
}
