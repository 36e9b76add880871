//! A circuit breaker before the ledger: one delivery's trouble is told apart from a ledger that is down for all.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use topology::Consumers;

use crate::{Settings, Shared};

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often a ledger that is down is asked whether it is back.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A ledger that answers but takes nothing (a full disk) is tried less and less often, at least so often.
const LONGEST_PROBE: Duration = Duration::from_secs(16);

/// Closed while the ledger answers.
pub(crate) struct LedgerBreaker {
    down: watch::Sender<bool>,
    /// Steps that the ledger has taken, of all deliveries.
    successes: AtomicU64,
    /// How long one delivery's trouble is repeated while others succeed.
    trouble_limit: Duration,
    /// The same while the worker is stopping, whoever else succeeds.
    stop_limit: Duration,
    stopping: CancellationToken,
}

impl LedgerBreaker {
    pub(crate) fn new(settings: &Settings, stopping: CancellationToken) -> Self {
        Self {
            down: watch::Sender::new(false),
            successes: AtomicU64::new(0),
            trouble_limit: settings.trouble_limit,
            stop_limit: settings.grace / 2,
            stopping,
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    /// Repeats a step until the ledger has taken it. While the ledger is down for all, it waits for as
    /// long as that lasts; while others succeed, for the trouble limit.
    ///
    /// # Errors
    /// [`StoreError`] when the ledger refuses this one delivery, or the worker is stopping and the
    /// ledger is away.
    pub(crate) async fn retry_until_taken<T, F>(&self, step: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut trouble = Trouble::default();
        let mut wait = FIRST_WAIT;
        loop {
            let error = match step().await {
                Ok(done) => {
                    self.successes.fetch_add(1, Ordering::Relaxed);
                    self.answered();
                    return Ok(done);
                }
                Err(error @ (StoreError::Refused(_) | StoreError::Unreadable(_))) => {
                    self.answered();
                    return Err(error);
                }
                Err(error) => error,
            };
            match trouble.again(self.successes.load(Ordering::Relaxed)) {
                Fails::Alone(lasting) if lasting >= self.trouble_limit => return Err(error),
                Fails::Once | Fails::Alone(_) => {}
                Fails::WithAll => self.failed(),
            }
            if self.stopping.is_cancelled() && trouble.lasting() >= self.stop_limit {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn failed(&self) {
        self.down.send_if_modified(|down| !std::mem::replace(down, true));
    }

    fn answered(&self) {
        self.down.send_if_modified(std::mem::take);
    }
}

/// What the failures of one step say about the ledger.
#[derive(PartialEq, Eq, Debug)]
enum Fails {
    /// One failure says nothing.
    Once,
    /// Others succeeded since the last try. For how long it has been so, the times when all failed left out.
    Alone(Duration),
    /// Nobody succeeded since the last try.
    WithAll,
}

#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    /// The last failure, and how many steps of others had succeeded by then.
    last: Option<(Instant, u64)>,
    alone: Duration,
}

impl Trouble {
    /// Takes note of a failure, when `successes` steps of others have succeeded so far.
    fn again(&mut self, successes: u64) -> Fails {
        let now = Instant::now();
        self.since.get_or_insert(now);
        match self.last.replace((now, successes)) {
            None => Fails::Once,
            Some((_, before)) if before == successes => Fails::WithAll,
            Some((at, _)) => {
                self.alone += now - at;
                Fails::Alone(self.alone)
            }
        }
    }

    fn lasting(&self) -> Duration {
        self.since.map(|since| since.elapsed()).unwrap_or_default()
    }
}

/// Stops the intake while the ledger is down, and resumes by itself.
pub(crate) async fn pause_while_down(shared: &Shared, consumers: &Consumers) {
    let breaker = &shared.breaker;
    let mut down = breaker.down.subscribe();
    let mut wait = PROBE_EVERY;
    while down.wait_for(|down| *down).await.is_ok() {
        tracing::error!("the ledger is away: taking nothing more until it is back");
        consumers.pause();
        let before = breaker.successes.load(Ordering::Relaxed);
        while breaker.is_down() {
            tokio::select! {
                _ = down.wait_for(|down| !*down) => break,
                () = tokio::time::sleep(wait) => {}
            }
            if shared.store.ping().await.is_ok() {
                breaker.answered();
            }
        }
        // An answer to a ping is no promise that it takes rows.
        let works = breaker.successes.load(Ordering::Relaxed) > before;
        wait = if works { PROBE_EVERY } else { (wait * 2).min(LONGEST_PROBE) };
        tracing::info!("the ledger answers: taking work again");
        consumers.resume();
    }
}

#[cfg(test)]
mod tests;
