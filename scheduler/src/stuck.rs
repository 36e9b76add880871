//! Counts what should have moved by now and did not, so that somebody is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::{Patience, StuckCounts};

use crate::contained::contained;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A look reads the whole ledger. It rests so many times as long as it took, so that a ledger of any size gives
/// a hundredth of its time at most.
const REST: u32 = 100;

/// Looks again and again, until it is dropped.
pub(crate) async fn watch(shared: Arc<Shared>, patience: Patience) {
    let mut last = StuckCounts::default();
    loop {
        let begun = Instant::now();
        match contained("look_for_stuck", shared.intake.store.count_stuck(patience, shared.intake.clock.now())).await {
            Some(Ok(counts)) => tell(counts, std::mem::replace(&mut last, counts)),
            Some(Err(error)) => tracing::warn!(%error, "cannot look for what is stuck"),
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY.max(begun.elapsed() * REST)).await;
    }
}

fn tell(counts: StuckCounts, last: StuckCounts) {
    let StuckCounts { sending, waiting, jobs } = counts;
    for (state, count) in [("sending", sending), ("waiting", waiting)] {
        metrics::gauge!("chasqui_stuck_deliveries", "state" => state).set(count as f64);
    }
    metrics::gauge!("chasqui_stuck_jobs").set(jobs as f64);
    if counts != last && counts != StuckCounts::default() {
        tracing::warn!(sending, waiting, jobs, "past their time and not moving: `chasqui stuck` lists them");
    }
}
