//! Counts what should have moved by now and did not, so that an operator learns of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::Outage;
use store::{Patience, StuckCounts};

use crate::contained::contained;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A look reads the whole ledger. The pause after a look is so many times as long as the look took, so that a ledger of
/// any size spends at most a hundredth of its time on looks.
const REST: u32 = 100;

/// Counts again and again until the future is dropped.
pub(crate) async fn watch(shared: Arc<Shared>, patience: Patience) {
    let (mut last, outage) = (StuckCounts::default(), Outage::new());
    loop {
        let begun = Instant::now();
        match contained("look_for_stuck", shared.intake.store.count_stuck(patience, shared.intake.clock.now())).await {
            Some(Ok(counts)) => {
                if let Some(lasted) = outage.ended(Instant::now()) {
                    tracing::info!(seconds = lasted.as_secs(), "looking for what is stuck again");
                }
                report(counts, std::mem::replace(&mut last, counts));
            }
            Some(Err(error)) => {
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "cannot look for what is stuck");
                }
            }
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY.max(begun.elapsed() * REST)).await;
    }
}

fn report(counts: StuckCounts, last: StuckCounts) {
    let StuckCounts { sending, waiting, jobs } = counts;
    for (state, count) in [("sending", sending), ("waiting", waiting)] {
        metrics::gauge!("chasqui_stuck_deliveries", "state" => state).set(count as f64);
    }
    metrics::gauge!("chasqui_stuck_jobs").set(jobs as f64);
    if counts != last && counts != StuckCounts::default() {
        tracing::warn!(sending, waiting, jobs, "past their time and not moving: `chasqui stuck` lists them");
    }
}
