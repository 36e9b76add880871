//! The order in which the sources of a generation begin: one after the other, so that a message that ends the process
//! does so while no message of another source is in hand.

use tokio::sync::watch;

/// The turn of one source.
pub(super) struct Turn {
    at: usize,
    of: usize,
    /// How many sources, from the first on, have finished their turn.
    passed: watch::Sender<usize>,
}

impl Turn {
    /// The turns of so many sources, in their order.
    pub(super) fn all(of: usize) -> Vec<Self> {
        let passed = watch::Sender::new(0);
        (0..of).map(|at| Self { at, of, passed: passed.clone() }).collect()
    }

    /// Waits until this turn begins.
    pub(super) async fn comes(&self) {
        self.until(self.at).await;
    }

    /// Ends this turn, which begins the next one.
    pub(super) fn pass(&self) {
        self.passed.send_if_modified(|passed| {
            let passes = *passed == self.at;
            *passed += usize::from(passes);
            passes
        });
    }

    pub(super) fn has_passed(&self) -> bool {
        *self.passed.borrow() > self.at
    }

    /// Waits until every source has finished its turn.
    pub(super) async fn all_passed(&self) {
        self.until(self.of).await;
    }

    async fn until(&self, count: usize) {
        // This never fails, because the sender lives.
        let _passed = self.passed.subscribe().wait_for(|passed| *passed >= count).await.is_ok();
    }
}
