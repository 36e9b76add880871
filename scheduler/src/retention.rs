//! Forgets what ended longer ago than the retention, in small batches with a breath in between: the worker's
//! commits go first.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use store::StoreError;

use crate::Shared;
use crate::contained::contained;

/// Between two sweeps over what is too old.
const EVERY: Duration = Duration::from_secs(600);
/// Rows in one transaction.
const BATCH: u32 = 500;
/// Between two batches: at most 5,000 rows a second are forgotten, far more than a fleet of this size delivers for days.
const BREATH: Duration = Duration::from_millis(100);

/// Sweeps again and again, until it is dropped. `None` keeps everything.
pub(crate) async fn forget_what_is_old(shared: Arc<Shared>, retention: Option<Duration>) {
    let Some(retention) = retention else { return };
    loop {
        match contained("forget", sweep(&shared, retention)).await {
            Some(Ok(0)) | None => {}
            Some(Ok(forgotten)) => tracing::info!(forgotten, "forgot deliveries that ended before the retention"),
            Some(Err(error)) => tracing::warn!(%error, "could not forget what is old; trying again later"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn sweep(shared: &Shared, retention: Duration) -> Result<usize, StoreError> {
    let before = shared.clock.now().minus(retention);
    let (mut from, mut forgotten) = (Timestamp::from_micros(0), 0);
    loop {
        let pruned = shared.store.prune(from, before, BATCH).await?;
        metrics::counter!("chasqui_forgotten_deliveries_total").increment(pruned.deliveries as u64);
        forgotten += pruned.deliveries;
        match pruned.up_to {
            Some(up_to) if pruned.deliveries == BATCH as usize => from = up_to,
            _ => return Ok(forgotten),
        }
        tokio::time::sleep(BREATH).await;
    }
}
