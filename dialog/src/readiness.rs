//! Keeps the readiness of this dialog current, with the reasons why it is not ready.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use runtime::Readiness;
use topology::{Consumers, Publisher};

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How the last questions to the ledger and to the broker went.
#[derive(Default)]
pub(crate) struct Health {
    ledger: AtomicBool,
    binding: AtomicBool,
}

impl Health {
    pub(crate) fn note_ledger(&self, answered: bool) {
        self.ledger.store(answered, Ordering::Relaxed);
    }

    pub(crate) fn note_binding(&self, done: bool) {
        self.binding.store(done, Ordering::Relaxed);
    }
}

/// A dialog is ready when its publisher is confirmed and not blocked, its queues are consumed and bound as they must be, and
/// the ledger answers.
pub(crate) async fn keep_current(health: &Health, publisher: &Publisher, consumers: &Consumers, readiness: &Readiness) {
    let (mut publishing, mut consuming) = (publisher.watch(), consumers.watch());
    loop {
        readiness.set(missing(health, publisher, consumers));
        tokio::select! {
            _ = publishing.changed() => {}
            _ = consuming.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

fn missing(health: &Health, publisher: &Publisher, consumers: &Consumers) -> Vec<String> {
    let mut missing = Vec::new();
    let unpublished = publisher.watch().borrow().missing();
    missing.extend(unpublished.map(|why| format!("publishing: {why}")));
    if !consumers.is_ready() {
        missing.push("the queues of events for endpoints and of what providers send are not consumed".into());
    }
    if !health.binding.load(Ordering::Relaxed) {
        missing.push("the queue of events for endpoints is not bound as it must be".into());
    }
    if !health.ledger.load(Ordering::Relaxed) {
        missing.push("the ledger does not answer".into());
    }
    missing
}
