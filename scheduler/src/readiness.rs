//! Keeps the readiness of this scheduler current, with the reasons why it is not ready.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use runtime::Readiness;
use topology::Consumers;

use crate::shared::Shared;

/// A scheduler that has not looked for due jobs for this long is not ready: its loop hangs.
const TICK_LIMIT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// When the loop looked for due jobs last, and whether the ledger answered.
pub(crate) struct Pulse(Mutex<(Instant, bool)>);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((Instant::now(), false)))
    }

    pub(crate) fn beat(&self, answered: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), answered);
    }

    /// When that was, and whether the ledger answered.
    pub(crate) fn last(&self) -> (Instant, bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scheduler is ready when its publisher is confirmed and not blocked, the scheduled queue and that of topics are
/// consumed, and it has looked for due jobs of late and the ledger has answered.
pub(crate) async fn keep_current(shared: &Shared, consumers: &Consumers, readiness: &Readiness, pulse: &Pulse) {
    let (mut publisher, mut consuming) = (shared.intake.publisher.watch(), consumers.watch());
    loop {
        readiness.set(missing(shared, consumers, pulse));
        tokio::select! {
            _ = publisher.changed() => {}
            _ = consuming.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

fn missing(shared: &Shared, consumers: &Consumers, pulse: &Pulse) -> Vec<String> {
    let mut missing = Vec::new();
    let unpublished = shared.intake.publisher.watch().borrow().missing();
    missing.extend(unpublished.map(|why| format!("publishing: {why}")));
    if !consumers.is_ready() {
        missing.push("the scheduled queue and that of topics are not consumed".into());
    }
    let (at, answered) = pulse.last();
    if !answered {
        missing.push("the ledger does not answer".into());
    }
    if at.elapsed() > TICK_LIMIT {
        missing.push(format!("it has not looked for due jobs for {} s", at.elapsed().as_secs()));
    }
    missing
}
