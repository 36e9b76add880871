//! Tokens that are refused although they are signed: a copy in memory of whose they are, so that no request waits for
//! the ledger. A change counts within five seconds, and at once in the process that has made it. While the ledger does
//! not answer, what was known last goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use domain::Clock;
use store::{Revocations, Store};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// A copy of this age is read anew, while others still go by it.
const RENEWED_AFTER: Duration = Duration::from_secs(2);
/// Nobody goes by a copy of this age, unless the ledger does not answer.
const STALE_AFTER: Duration = Duration::from_secs(4);
/// The longest time that a request waits for the ledger.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a ledger that has not answered is left alone.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is known of the users whose tokens are refused.
#[derive(Debug, Default)]
pub struct Revoked(Arc<Shared>);

/// What a reading has as well that goes on when nobody waits for it any more.
#[derive(Debug, Default)]
struct Shared {
    copy: RwLock<Known>,
    /// When the ledger was asked last. Whoever has it asks.
    asked_at: Arc<Mutex<Option<Instant>>>,
    is_away: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    revocations: Revocations,
    read_at: Option<Instant>,
    /// What was read before this is old, whenever it comes.
    changed_at: Option<Instant>,
}

impl Revoked {
    /// Whether the token of a user is refused that was issued at this second of the epoch.
    pub async fn has(&self, store: &Store, clock: &dyn Clock, name: &str, issued_at: Option<f64>) -> bool {
        self.renew(store, clock).await;
        let copy = self.0.copy.read().unwrap_or_else(PoisonError::into_inner);
        copy.revocations.refuses(name, issued_at)
    }

    /// Has the next request read the ledger: something was changed just now.
    pub fn forget_age(&self) {
        self.0.forget_age();
    }

    /// Reads the copy anew where it is old, unless the ledger does not answer soon.
    pub async fn renew(&self, store: &Store, clock: &dyn Clock) {
        let Self(shared) = self;
        if shared.is_younger_than(RENEWED_AFTER) {
            return;
        }
        let may_go_on = shared.is_younger_than(STALE_AFTER) || shared.is_away.load(Ordering::Relaxed);
        let asked_at = Arc::clone(&shared.asked_at);
        let turn = match may_go_on {
            true => asked_at.try_lock_owned().ok(),
            false => tokio::time::timeout(PATIENCE, asked_at.lock_owned()).await.ok(),
        };
        let Some(asked_at) = turn else { return };
        let was_away = shared.is_away.load(Ordering::Relaxed);
        let too_soon = was_away && asked_at.is_some_and(|at| at.elapsed() < AGAIN_AFTER);
        // Whoever had the turn before may have read it.
        if shared.is_younger_than(RENEWED_AFTER) || too_soon {
            return;
        }
        let (store, now) = (store.clone(), clock.now());
        wait_for(shared, asked_at, async move { store.revocations(now).await.ok() }).await;
    }
}

impl Shared {
    fn forget_age(&self) {
        let mut copy = self.copy.write().unwrap_or_else(PoisonError::into_inner);
        (copy.read_at, copy.changed_at) = (None, Some(Instant::now()));
    }

    fn is_younger_than(&self, age: Duration) -> bool {
        let copy = self.copy.read().unwrap_or_else(PoisonError::into_inner);
        copy.read_at.is_some_and(|at| at.elapsed() < age)
    }

    /// Keeps what a reading has found that began then.
    fn keep(&self, revocations: Revocations, began: Instant) {
        let mut copy = self.copy.write().unwrap_or_else(PoisonError::into_inner);
        let read_at = copy.changed_at.is_none_or(|changed_at| changed_at < began).then_some(began);
        *copy = Known { revocations, read_at, changed_at: copy.changed_at };
    }
}

/// Waits for a reading as long as a request may. It goes on after that, and counts whenever it ends: whoever crowds the
/// ledger must not keep a revoked token in force by it.
async fn wait_for(
    shared: &Arc<Shared>,
    mut asked_at: OwnedMutexGuard<Option<Instant>>,
    reading: impl Future<Output = Option<Revocations>> + Send + 'static,
) {
    let began = Instant::now();
    *asked_at = Some(began);
    let keeping = Arc::clone(shared);
    let reading = tokio::spawn(async move {
        let read = reading.await;
        keeping.is_away.store(read.is_none(), Ordering::Relaxed);
        if let Some(revocations) = read {
            keeping.keep(revocations, began);
        }
        // Until then nobody else asks.
        drop(asked_at);
    });
    if tokio::time::timeout(PATIENCE, reading).await.is_err() {
        shared.is_away.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_takes_longer_than_a_request_waits_counts_when_it_is_over() {
        let shared = Arc::new(Shared::default());
        let (tell, told) = tokio::sync::oneshot::channel();
        let turn = Arc::clone(&shared.asked_at).lock_owned().await;
        wait_for(&shared, turn, async move { told.await.ok() }).await;
        assert!(shared.is_away.load(Ordering::Relaxed) && !shared.is_younger_than(STALE_AFTER));
        tell.send(Revocations::default()).unwrap();
        // The turn is given back after it.
        drop(shared.asked_at.lock().await);
        assert!(!shared.is_away.load(Ordering::Relaxed) && shared.is_younger_than(STALE_AFTER));
    }

    #[test]
    fn what_was_read_before_a_change_is_old() {
        let shared = Shared::default();
        let began = Instant::now();
        shared.forget_age();
        shared.keep(Revocations::default(), began);
        assert!(!shared.is_younger_than(STALE_AFTER));
        shared.keep(Revocations::default(), Instant::now() + Duration::from_millis(1));
        assert!(shared.is_younger_than(STALE_AFTER));
    }
}
