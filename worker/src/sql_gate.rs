//! One delivery's trouble with the ledger, told apart from a ledger that is down for all.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;
use topology::Consumers;

use crate::Shared;

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often a ledger that is down is asked whether it is back.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// Open while the ledger answers.
pub(crate) struct SqlGate {
    down: watch::Sender<bool>,
    successes: AtomicU64,
}

impl Default for SqlGate {
    fn default() -> Self {
        Self { down: watch::Sender::new(false), successes: AtomicU64::new(0) }
    }
}

impl SqlGate {
    pub(crate) fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    /// Repeats a step until the ledger has taken it. While the ledger is down for all, it waits for as
    /// long as that lasts; while others succeed, for the trouble limit of the settings.
    ///
    /// # Errors
    /// [`StoreError`] when the ledger refuses this one delivery, or the worker is stopping and the
    /// ledger is away.
    pub(crate) async fn insist<T, F>(&self, shared: &Shared, step: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut trouble: Option<(Instant, u64)> = None;
        let mut wait = FIRST_WAIT;
        loop {
            let error = match step().await {
                Ok(done) => {
                    self.successes.fetch_add(1, Ordering::Relaxed);
                    self.down.send_if_modified(|down| std::mem::take(down));
                    return Ok(done);
                }
                Err(StoreError::Refused(detail)) => return Err(StoreError::Refused(detail)),
                Err(error) => error,
            };
            let seen = self.successes.load(Ordering::Relaxed);
            let (since, before) = *trouble.get_or_insert((Instant::now(), seen));
            if before == seen {
                self.down.send_if_modified(|down| !std::mem::replace(down, true));
            } else if since.elapsed() >= shared.settings.trouble_limit {
                return Err(error);
            }
            if shared.stopping.is_cancelled() && since.elapsed() >= shared.settings.grace / 2 {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Stops the intake while the ledger is down, and resumes by itself.
pub(crate) async fn pause_while_down(shared: &Shared, consumers: &Consumers) {
    let mut down = shared.sql.down.subscribe();
    while down.wait_for(|down| *down).await.is_ok() {
        tracing::error!("the ledger is away: taking nothing more until it is back");
        consumers.pause();
        while shared.sql.is_down() {
            if shared.store.ping().await.is_ok() {
                shared.sql.down.send_replace(false);
                break;
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
        tracing::info!("the ledger is back: taking work again");
        consumers.resume();
    }
}
