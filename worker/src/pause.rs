//! Stops the intake while the ledger is down, and resumes by itself.

use std::time::Duration;

use topology::Consumers;

use crate::shared::Shared;

/// How often a ledger that is down is asked whether it is back.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A ledger that answers but takes nothing (a full disk) is tried less and less often, at least so often.
const LONGEST_PROBE: Duration = Duration::from_secs(16);

/// Until the breaker is gone, which it never is while anybody consumes.
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
        // An answer to a ping is no promise that it takes rows.
        let works = breaker.successes() > before;
        wait = if works { PROBE_EVERY } else { (wait * 2).min(LONGEST_PROBE) };
        tracing::info!("the ledger answers: taking work again");
        consumers.resume();
    }
}
