//! Keeps the readiness of this dialog current, with the reasons why it is not ready.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use runtime::Readiness;
use topology::{Consumers, Publisher};

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How the last questions to the ledger, to the broker and to the provider that is asked went.
#[derive(Default)]
pub(crate) struct Health {
    ledger: AtomicBool,
    binding: AtomicBool,
    /// Why nothing is told that this dialog asks for, where somebody must put that right.
    polling: Mutex<Option<String>>,
}

impl Health {
    pub(crate) fn note_ledger(&self, answered: bool) {
        self.ledger.store(answered, Ordering::Relaxed);
    }

    pub(crate) fn note_binding(&self, done: bool) {
        self.binding.store(done, Ordering::Relaxed);
    }

    pub(crate) fn note_polling(&self, trouble: Option<String>) {
        *self.polling.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    fn polling(&self) -> Option<String> {
        self.polling.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A dialog is ready when its publisher is confirmed and not blocked, its queues are consumed and bound as they must be,
/// the ledger answers, and nobody must put anything right before the provider that it asks does.
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
    missing.extend(health.polling());
    missing
}
