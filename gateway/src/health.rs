//! How the last question to the ledger went.

use std::sync::atomic::{AtomicBool, Ordering};

/// How the last question to the ledger went; badly, until there was one.
#[derive(Default)]
pub(crate) struct Health {
    ledger: AtomicBool,
}

impl Health {
    pub(crate) fn note_ledger(&self, answered: bool) {
        self.ledger.store(answered, Ordering::Relaxed);
    }

    /// Whether the ledger has answered.
    pub(crate) fn has_ledger(&self) -> bool {
        self.ledger.load(Ordering::Relaxed)
    }
}
