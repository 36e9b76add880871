//! Keeps the readiness of this gateway current, and notices that it was without the broker, or had no room for what it told.

use std::time::Duration;

use tokio::time::Instant;
use topology::{Consumers, ConsumersState};

use crate::missed::Missed;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A gateway is ready when it hears what is told, and the ledger answers. Before its queue is consumed, and after each loss of
/// the broker's connection, something was missed: whoever is connected by then is told to ask anew.
pub(crate) async fn keep_current(shared: &Shared, consumers: &Consumers) {
    let mut hearing = consumers.watch();
    let (mut heard_by, mut missed) = (0, Missed::default());
    loop {
        let state = hearing.borrow_and_update().clone();
        if hears_anew(&mut heard_by, &state) && shared.clients.counts().0 > 0 {
            metrics::counter!("chasqui_gateway_resyncs_total").increment(1);
            tracing::info!("the broker is there again: clients are told to ask for what they have missed");
            shared.clients.resync_all(shared.clock.now());
        }
        tell_of_missed(shared, &mut missed, state.lost, Instant::now());
        shared.readiness.set(missing(shared, &state));
        tokio::select! {
            _ = hearing.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Has clients told to ask anew where the queue had no room. Of what was lost nobody knows whose it was.
fn tell_of_missed(shared: &Shared, missed: &mut Missed, lost: u64, now: Instant) {
    let noted = missed.note(lost, now);
    metrics::counter!("chasqui_gateway_events_lost_total").increment(noted.more);
    if noted.begins {
        tracing::warn!(
            lost = noted.more,
            "more was told than this gateway tells its clients, and its queue is full: the oldest events are lost, and \
             clients are told to ask for what they have missed; run more gateways, or have less told"
        );
    }
    if noted.resync && shared.clients.counts().0 > 0 {
        metrics::counter!("chasqui_gateway_resyncs_total").increment(1);
        shared.clients.resync_all(shared.clock.now());
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
    use testkit::NOW;

    use super::*;
    use crate::clients::{Due, SPREAD_OVER};
    use crate::testing::{identity, parts};

    #[tokio::test]
    async fn whoever_is_connected_is_told_to_ask_anew_when_the_queue_had_no_room() {
        let parts = parts().await;
        let ana = parts.enter(identity("ana", None));
        let (begin, mut missed) = (Instant::now(), Missed::default());
        let mut due_after = |lost, second| {
            tell_of_missed(&parts.shared, &mut missed, lost, begin + Duration::from_secs(second));
            ana.entered.client.due(NOW.plus(SPREAD_OVER))
        };
        assert_eq!(due_after(0, 0), None);
        assert_eq!(due_after(300, 1), Some(Due::Resync));
        assert_eq!(due_after(300, 2), None, "it was told");
        assert_eq!(due_after(301, 3), None, "in a moment");
        assert_eq!(due_after(301, 13), Some(Due::Resync), "once for all that was lost since");
    }

    #[test]
    fn something_was_missed_until_a_queue_is_consumed_and_whenever_another_one_is() {
        let state = |generation, consumed| ConsumersState {
            generation,
            consuming: vec![("realtime", consumed)],
            ..ConsumersState::default()
        };
        let mut heard_by = 0;
        let told: Vec<bool> =
            [(1, false), (1, true), (1, true), (1, false), (2, false), (2, true), (2, true), (5, true)]
                .map(|(generation, consumed)| hears_anew(&mut heard_by, &state(generation, consumed)))
                .to_vec();
        assert_eq!(told, [false, true, false, false, false, true, false, true]);
    }
}
