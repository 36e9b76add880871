//! Tokens that are refused although they are signed: a copy in memory of whose they are, so that no request waits for
//! the ledger. A change counts within five seconds, and at once in the process that has made it. While the ledger does
//! not answer, what was known last goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use domain::Clock;
use store::{Revocations, Store};
use tokio::sync::Mutex;

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
pub struct Revoked {
    copy: RwLock<Known>,
    /// When the ledger was asked last. Whoever has it asks.
    asked_at: Mutex<Option<Instant>>,
    is_away: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    revocations: Revocations,
    read_at: Option<Instant>,
}

impl Revoked {
    /// Whether the token of a user is refused that was issued at this second of the epoch.
    pub async fn has(&self, store: &Store, clock: &dyn Clock, name: &str, issued_at: Option<f64>) -> bool {
        self.renew(store, clock).await;
        let copy = self.copy.read().unwrap_or_else(PoisonError::into_inner);
        copy.revocations.refuses(name, issued_at)
    }

    /// Has the next request read the ledger: something was changed just now.
    pub fn forget_age(&self) {
        self.copy.write().unwrap_or_else(PoisonError::into_inner).read_at = None;
    }

    fn is_younger_than(&self, age: Duration) -> bool {
        let copy = self.copy.read().unwrap_or_else(PoisonError::into_inner);
        copy.read_at.is_some_and(|at| at.elapsed() < age)
    }

    /// Reads the copy anew where it is old, unless the ledger does not answer soon.
    pub async fn renew(&self, store: &Store, clock: &dyn Clock) {
        if self.is_younger_than(RENEWED_AFTER) {
            return;
        }
        let may_go_on = self.is_younger_than(STALE_AFTER) || self.is_away.load(Ordering::Relaxed);
        let turn = match may_go_on {
            true => self.asked_at.try_lock().ok(),
            false => tokio::time::timeout(PATIENCE, self.asked_at.lock()).await.ok(),
        };
        let Some(mut asked_at) = turn else { return };
        let was_away = self.is_away.load(Ordering::Relaxed);
        let too_soon = was_away && asked_at.is_some_and(|at| at.elapsed() < AGAIN_AFTER);
        // Whoever had the turn before may have read it.
        if self.is_younger_than(RENEWED_AFTER) || too_soon {
            return;
        }
        let began = Instant::now();
        *asked_at = Some(began);
        let read = tokio::time::timeout(PATIENCE, store.revocations(clock.now())).await.ok().and_then(Result::ok);
        self.is_away.store(read.is_none(), Ordering::Relaxed);
        if let Some(revocations) = read {
            let mut copy = self.copy.write().unwrap_or_else(PoisonError::into_inner);
            *copy = Known { revocations, read_at: Some(began) };
        }
    }
}
