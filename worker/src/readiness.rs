//! Keeps the readiness of this worker current, with the reasons why it is not ready.

use std::sync::Arc;
use std::time::Duration;

use domain::Pause;
use runtime::Readiness;
use tokio::sync::watch::Receiver;
use tokio_util::sync::CancellationToken;
use topology::ConsumersState;

use crate::report;
use crate::shared::Shared;

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_secs(2);

/// A worker is ready when its current connection consumes every lane, its publisher is confirmed and not blocked, and
/// SQL is reachable.
pub(crate) async fn keep_current(
    readiness: Readiness,
    shared: Arc<Shared>,
    mut consumers: Receiver<ConsumersState>,
    stop: CancellationToken,
) {
    let mut publisher = shared.intake.publisher.watch();
    loop {
        let mut missing = not_consumed(&consumers.borrow_and_update());
        let unpublished = publisher.borrow_and_update().missing();
        missing.extend(unpublished.map(|why| format!("publishing: {why}")));
        if shared.intake.breaker.is_down() || shared.intake.store.ping().await.is_err() {
            missing.push("the ledger does not answer".into());
        }
        if stop.is_cancelled() {
            missing.push("stopping".into());
        }
        readiness.set(missing);
        let known = shared.paused.known().unwrap_or_default();
        let in_force = known.in_force(shared.intake.clock.now());
        report::pauses(&in_force);
        readiness.set_paused(in_force.into_iter().map(Pause::told).collect());
        tokio::select! {
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            // When the consumers have ended there is nothing to wait for: this branch is off then.
            Ok(()) = consumers.changed() => {}
            Ok(()) = publisher.changed() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

fn not_consumed(state: &ConsumersState) -> Vec<String> {
    let idle = state.consuming.iter().filter(|(_, consumed)| !consumed);
    let mut missing: Vec<String> = idle.map(|(lane, _)| format!("the lane {lane} is not consumed")).collect();
    missing.extend(state.problem.clone());
    missing
}
