//! Stops the intake while the ledger is down, and resumes it when the ledger is back.

use std::time::{Duration, Instant};

use runtime::Outage;
use topology::Consumers;

use crate::shared::Shared;

/// How often a ledger that is down is asked whether it is back.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// The longest time between two probes. A ledger that takes the probe and no row (its disk is full) is probed less and
/// less often.
const LONGEST_PROBE: Duration = Duration::from_secs(16);

/// Returns when the breaker is gone, which it never is while anybody consumes.
pub(crate) async fn while_ledger_is_down(shared: &Shared, consumers: &Consumers) {
    let breaker = &shared.intake.breaker;
    let mut down = breaker.watch();
    let (mut wait, away, probing) = (PROBE_EVERY, Outage::new(), Outage::new());
    while down.wait_for(|down| *down).await.is_ok() {
        if let Some(untold) = away.failed(Instant::now()) {
            tracing::error!(untold, "the ledger is away, or takes no changes: taking nothing more until it does");
        }
        consumers.pause();
        let before = breaker.successes();
        while breaker.is_down() {
            tokio::select! {
                _ = down.wait_for(|down| !*down) => break,
                () = tokio::time::sleep(wait) => {}
            }
            match shared.intake.store.ping_writing().await {
                Ok(()) => breaker.answered(),
                Err(error) => {
                    if let Some(untold) = probing.failed(Instant::now()) {
                        tracing::error!(%error, untold, "the ledger still takes no changes");
                    }
                }
            }
        }
        // A ledger that takes the probe may still accept no rows.
        let works = breaker.successes() > before;
        wait = if works { PROBE_EVERY } else { (wait * 2).min(LONGEST_PROBE) };
        if let Some(lasted) = away.ended(Instant::now()) {
            tracing::info!(seconds = lasted.as_secs(), "the ledger answers: taking work again");
        }
        consumers.resume();
    }
}
