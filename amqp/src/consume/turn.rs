//! In which order the sources of a generation begin: one after the other, so that a message that ends the process meets
//! nothing of another source in hand.

use tokio::sync::watch;

/// One source's turn.
pub(super) struct Turn {
    at: usize,
    of: usize,
    /// How many sources, from the first on, have passed.
    passed: watch::Sender<usize>,
}

impl Turn {
    /// One for each source, in their order.
    pub(super) fn all(of: usize) -> Vec<Self> {
        let passed = watch::Sender::new(0);
        (0..of).map(|at| Self { at, of, passed: passed.clone() }).collect()
    }

    /// Until it has come.
    pub(super) async fn comes(&self) {
        self.until(self.at).await;
    }

    /// The next one's comes.
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

    /// Until every source has passed.
    pub(super) async fn all_passed(&self) {
        self.until(self.of).await;
    }

    async fn until(&self, count: usize) {
        // It never fails: this sender lives.
        let _passed = self.passed.subscribe().wait_for(|passed| *passed >= count).await.is_ok();
    }
}
