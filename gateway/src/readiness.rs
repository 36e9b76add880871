//! Keeps the readiness of this gateway current, and notices that it was without the broker.

use std::time::Duration;

use topology::{Consumers, ConsumersState};

use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A gateway is ready when it hears what is told, and the ledger answers. Before its queue is consumed, and after each loss of
/// the broker's connection, something was missed: whoever is connected by then is told to ask anew.
pub(crate) async fn keep_current(shared: &Shared, consumers: &Consumers) {
    let mut hearing = consumers.watch();
    let mut heard_by = 0;
    loop {
        let state = hearing.borrow_and_update().clone();
        if hears_anew(&mut heard_by, &state) && shared.clients.counts().0 > 0 {
            metrics::counter!("chasqui_gateway_resyncs_total").increment(1);
            tracing::info!("the broker is there again: clients are told to ask for what they have missed");
            shared.clients.resync_all(shared.clock.now());
        }
        shared.readiness.set(missing(shared, &state));
        tokio::select! {
            _ = hearing.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Whether a queue is consumed that is not the one before.
fn hears_anew(heard_by: &mut u64, state: &ConsumersState) -> bool {
    state.is_ready() && std::mem::replace(heard_by, state.generation) != state.generation
}

fn missing(shared: &Shared, state: &ConsumersState) -> Vec<String> {
    let mut missing = Vec::new();
    if !state.is_ready() {
        missing.push("nothing is heard of the broker".into());
    }
    if !shared.health.has_ledger() {
        missing.push("the ledger does not answer".into());
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_was_missed_until_a_queue_is_consumed_and_whenever_another_one_is() {
        let state = |generation, consumed| ConsumersState {
            generation,
            consuming: vec![("realtime", consumed)],
            problem: None,
        };
        let mut heard_by = 0;
        let told: Vec<bool> =
            [(1, false), (1, true), (1, true), (1, false), (2, false), (2, true), (2, true), (5, true)]
                .map(|(generation, consumed)| hears_anew(&mut heard_by, &state(generation, consumed)))
                .to_vec();
        assert_eq!(told, [false, true, false, false, false, true, false, true]);
    }
}
