//! Deletes deliveries, asks, commands and verifications that ended longer ago than the retention, and rows that nobody
//! will continue. It deletes small batches with a pause in between, because the worker's commits go first.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use store::{InboxLimits, StoreError};

use crate::contained::contained;
use crate::shared::Shared;

/// The time between two sweeps.
const EVERY: Duration = Duration::from_secs(600);
/// How long a dead letter that was opened may be edited.
const OPENED_FOR: Duration = Duration::from_secs(3600);
/// How long a plan for dead letters is kept that nobody has started; after an hour nobody can.
const PLANNED_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long it is known when somebody has written last: after a day it says nothing any more.
const HEARD_FOR: Duration = Duration::from_secs(2 * 24 * 3600);
/// How many rows one transaction deletes.
const BATCH: u32 = 500;
/// The pause between two batches: at most 5,000 rows a second are deleted, far more than a fleet of this size delivers
/// for days.
const BREATH: Duration = Duration::from_millis(100);

/// Sweeps again and again until the future is dropped. With `None` every ended delivery stays.
pub(crate) async fn forget_what_is_old(shared: Arc<Shared>, retention: Option<Duration>, inboxes: InboxLimits) {
    loop {
        forget_given_back(&shared).await;
        forget_limits(&shared).await;
        forget_heard(&shared).await;
        forget_deleted_users(&shared).await;
        forget_opened(&shared).await;
        forget_plans(&shared).await;
        forget_inbox_items(&shared, inboxes).await;
        match contained("forget", sweep(&shared, retention)).await {
            Some(Ok(0)) | None => {}
            Some(Ok(forgotten)) => tracing::info!(forgotten, "forgot deliveries that ended before the retention"),
            Some(Err(error)) => tracing::warn!(%error, "could not forget what is old; trying again later"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes rows of messages without an id that were given back before anything was sent: each message has gone out
/// under another row since then, or makes a row of its own.
async fn forget_given_back(shared: &Shared) {
    match contained("forget_given_back", shared.intake.store.forget_given_back(shared.intake.clock.now(), BATCH)).await
    {
        Some(Ok(0)) | None => {}
        Some(Ok(forgotten)) => {
            metrics::counter!("chasqui_forgotten_deliveries_total").increment(forgotten as u64);
            tracing::info!(forgotten, "forgot rows of messages without an id under which nothing was ever sent");
        }
        Some(Err(error)) => tracing::warn!(%error, "could not forget what was given back; trying again later"),
    }
}

/// Deletes windows of providers' limits that have ended, whatever the retention is: nobody asks for them any more.
async fn forget_limits(shared: &Shared) {
    let forgotten = contained("forget_limits", shared.intake.store.forget_limits(shared.intake.clock.now())).await;
    if let Some(Err(error)) = forgotten {
        tracing::warn!(%error, "could not forget what was leased of limits; trying again later");
    }
}

/// Deletes when people have written last, once that no longer matters.
async fn forget_heard(shared: &Shared) {
    let before = shared.intake.clock.now().minus(HEARD_FOR);
    let forgotten = contained("forget_heard", shared.intake.store.forget_heard(before)).await;
    if let Some(Err(error)) = forgotten {
        tracing::warn!(%error, "could not forget when people have written last; trying again later");
    }
}

/// Deletes the names of deleted users, of whom no token can be in force any more.
async fn forget_deleted_users(shared: &Shared) {
    let now = shared.intake.clock.now();
    let forgotten = contained("forget_deleted_users", shared.intake.store.forget_deleted_users(now)).await;
    if let Some(Err(error)) = forgotten {
        tracing::warn!(%error, "could not forget deleted users; trying again later");
    }
}

/// Deletes dead letters that were opened to be edited, and were not.
async fn forget_opened(shared: &Shared) {
    let before = shared.intake.clock.now().minus(OPENED_FOR);
    let forgotten = contained("forget_opened", shared.intake.store.forget_opened_letters(before)).await;
    if let Some(Err(error)) = forgotten {
        tracing::warn!(%error, "could not forget dead letters that were opened; trying again later");
    }
}

/// Deletes plans that nobody has started, whatever the retention is: each has the names of all its letters.
async fn forget_plans(shared: &Shared) {
    let before = shared.intake.clock.now().minus(PLANNED_FOR);
    let all = async {
        while shared.intake.store.forget_letter_plan(before).await? {
            tokio::time::sleep(BREATH).await;
        }
        Ok::<_, StoreError>(())
    };
    if let Some(Err(error)) = contained("forget_plans", all).await {
        tracing::warn!(%error, "could not forget plans for dead letters that nobody has started; trying again later");
    }
}

/// Deletes what inboxes keep no longer, whatever the retention of deliveries is.
async fn forget_inbox_items(shared: &Shared, limits: InboxLimits) {
    let all = async {
        while shared.intake.store.forget_inbox_items(limits, shared.intake.clock.now(), BATCH).await? > 0 {
            tokio::time::sleep(BREATH).await;
        }
        Ok::<_, StoreError>(())
    };
    if let Some(Err(error)) = contained("forget_inbox_items", all).await {
        tracing::warn!(%error, "could not forget what is old in inboxes; trying again later");
    }
}

async fn sweep(shared: &Shared, retention: Option<Duration>) -> Result<usize, StoreError> {
    let Some(retention) = retention else { return Ok(0) };
    let before = shared.intake.clock.now().minus(retention);
    let (mut from, mut forgotten) = (Timestamp::from_micros(0), 0);
    loop {
        let pruned = shared.intake.store.prune(from, before, BATCH).await?;
        metrics::counter!("chasqui_forgotten_deliveries_total").increment(pruned.deliveries as u64);
        forgotten += pruned.deliveries;
        match pruned.up_to {
            Some(up_to) if pruned.deliveries == BATCH as usize => from = up_to,
            _ => break,
        }
        tokio::time::sleep(BREATH).await;
    }
    while shared.intake.store.forget_letter_job(before).await? {
        tokio::time::sleep(BREATH).await;
    }
    // What was reported of a delivery goes with it; this is what was reported of none.
    while shared.intake.store.forget_receipts(before, BATCH).await? == BATCH as usize {
        tokio::time::sleep(BREATH).await;
    }
    // After the deliveries: what has become a dead letter is forgotten with the one to its topic.
    while shared.intake.store.forget_fan_outs(before, BATCH).await? == BATCH as usize {
        tokio::time::sleep(BREATH).await;
    }
    forget_asked(shared, before).await?;
    Ok(forgotten)
}

/// Deletes asks, commands and verifications that ended before then.
async fn forget_asked(shared: &Shared, before: Timestamp) -> Result<(), StoreError> {
    let store = &shared.intake.store;
    while store.forget_asks(before, BATCH).await? == BATCH as usize {
        tokio::time::sleep(BREATH).await;
    }
    while store.forget_commands(before, BATCH).await? == BATCH as usize {
        tokio::time::sleep(BREATH).await;
    }
    while store.forget_verifications(before, BATCH).await? == BATCH as usize {
        tokio::time::sleep(BREATH).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Key, Tenant, Zones};

    use super::*;
    use crate::testing::{at, parts};

    #[tokio::test]
    async fn a_fan_out_that_became_a_dead_letter_is_forgotten_with_what_has_ended() {
        let parts = parts("2026-11-28T09:00:00Z", Zones::bundled()).await;
        let (shared, long_ago) = (&parts.shared, at("2026-10-01T09:00:00Z"));
        let (store, key) = (&shared.intake.store, Key { tenant: Tenant::default(), id: "t-1".into() });
        store.begin_fan_out(&key, long_ago).await.unwrap();
        store.note_fan_out(&key, "ben", 2).await.unwrap();
        for (retention, told) in [(None, 2), (Some(Duration::from_secs(30 * 86_400)), 0)] {
            assert_eq!(sweep(shared, retention).await.unwrap(), 0, "no delivery");
            assert_eq!(store.begin_fan_out(&key, long_ago).await.unwrap().told, told, "{retention:?}");
        }
    }
}
