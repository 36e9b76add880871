//! The earliest time for which this process has stored a job, so that a scheduler in the same process learns of the job
//! without looking into the table.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use tokio::sync::Notify;

const NONE: i64 = i64::MAX;

/// The earliest due time that was reported since a listener last looked. Serves one listener at a time.
#[derive(Debug)]
pub struct Soonest {
    micros: AtomicI64,
    earlier: Notify,
}

impl Default for Soonest {
    fn default() -> Self {
        Self { micros: AtomicI64::new(NONE), earlier: Notify::new() }
    }
}

impl Soonest {
    /// Reports that a job was stored which is due at `due`.
    pub fn report(&self, due: Timestamp) {
        let due = due.as_micros();
        if due < self.micros.fetch_min(due, Ordering::SeqCst) {
            self.earlier.notify_one();
        }
    }

    /// Forgets what was reported until now. A listener must call this before it looks into the table, so that a job
    /// that is stored meanwhile is not missed.
    pub fn forget(&self) {
        self.micros.store(NONE, Ordering::SeqCst);
    }

    /// The earliest time that was reported since the last [`Soonest::forget`].
    pub fn reported(&self) -> Option<Timestamp> {
        Some(self.micros.load(Ordering::SeqCst)).filter(|micros| *micros != NONE).map(Timestamp::from_micros)
    }

    /// Waits until an earlier time is reported. May return without one.
    pub async fn earlier(&self) {
        self.earlier.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_woken(soonest: &Soonest) -> bool {
        tokio::select! {
            biased;
            () = soonest.earlier() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn only_what_is_earlier_wakes_the_listener() {
        let soonest = Soonest::default();
        let at = Timestamp::from_seconds;
        assert!(soonest.reported().is_none() && !is_woken(&soonest).await);
        soonest.report(at(5));
        soonest.report(at(9));
        assert!(soonest.reported() == Some(at(5)) && is_woken(&soonest).await);
        soonest.report(at(5));
        assert!(!is_woken(&soonest).await);
        soonest.report(at(3));
        assert!(soonest.reported() == Some(at(3)) && is_woken(&soonest).await);
        soonest.forget();
        assert_eq!(soonest.reported(), None);
        soonest.report(at(7));
        assert!(soonest.reported() == Some(at(7)) && is_woken(&soonest).await);
    }
}
