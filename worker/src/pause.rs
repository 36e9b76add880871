//! Stops the intake while the ledger is down, and resumes it when the ledger is back.

use std::time::Duration;

use topology::Consumers;

use crate::shared::Shared;

/// How often a ledger that is down is asked whether it is back.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// The longest time between two probes. A ledger that answers a ping but accepts no row (its disk is full) is probed
/// less and less often.
const LONGEST_PROBE: Duration = Duration::from_secs(16);

/// Returns when the breaker is gone, which it never is while anybody consumes.
pub(crate) async fn while_ledger_is_down(shared: &Shared, consumers: &Consumers) {
    let breaker = &shared.intake.breaker;
    let mut down = breaker.watch();
    let mut wait = PROBE_EVERY;
    while down.wait_for(|down| *down).await.is_ok() {
        tracing::error!("the ledger is away: taking nothing more until it is back");
        consumers.pause();
        let before = breaker.successes();
        while breaker.is_down() {
            tokio::select! {
                _ = down.wait_for(|down| !*down) => break,
                () = tokio::time::sleep(wait) => {}
            }
            if shared.intake.store.ping().await.is_ok() {
                breaker.answered();
            }
        }
        // A ledger that answers a ping may still accept no rows.
        let works = breaker.successes() > before;
        wait = if works { PROBE_EVERY } else { (wait * 2).min(LONGEST_PROBE) };
        tracing::info!("the ledger answers: taking work again");
        consumers.resume();
    }
}
