//! Repeats a step until the ledger has taken it. A circuit breaker tells one delivery's trouble apart from a ledger that
//! is down for all.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use runtime::{Panicked, catch_panic};
use store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Closed while the ledger answers.
pub struct LedgerBreaker {
    down: watch::Sender<bool>,
    /// Steps that the ledger has taken, of all deliveries.
    successes: AtomicU64,
    limit: RetryLimit,
    stopping: CancellationToken,
}

/// How long a step is repeated.
#[derive(Clone, Copy, Debug)]
pub enum RetryLimit {
    /// While the ledger is down for all, for as long as that lasts; whoever consumes looks at [`LedgerBreaker::watch`]
    /// and pauses.
    WhileDown {
        /// How long one delivery's trouble is repeated while others succeed.
        trouble_limit: Duration,
        /// The same while the role is stopping, whoever else succeeds.
        stop_limit: Duration,
    },
    /// Until the role is stopping. The breaker stays closed.
    UntilStop {
        /// Reports each try that has failed.
        failed: fn(&StoreError),
        /// Reports a step that has panicked, which is not repeated. The panic goes no further.
        panicked: fn(),
    },
}

/// Why a step with the ledger did not reach its end.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// The ledger will never take this one.
    #[error(transparent)]
    Refused(StoreError),
    /// The last failure of many, or of one that a stop has found.
    #[error(transparent)]
    GivenUp(StoreError),
    /// Only of [`RetryLimit::UntilStop`].
    #[error("a step with the ledger panicked")]
    Panicked,
}

impl LedgerBreaker {
    pub fn new(limit: RetryLimit, stopping: CancellationToken) -> Self {
        Self { down: watch::Sender::new(false), successes: AtomicU64::new(0), limit, stopping }
    }

    pub fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    /// Whether the ledger is down for all.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.down.subscribe()
    }

    /// How many steps the ledger has taken so far.
    pub fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    /// Closes the breaker: the ledger has answered somebody.
    pub fn answered(&self) {
        self.down.send_if_modified(std::mem::take);
    }

    fn failed(&self) {
        self.down.send_if_modified(|down| !std::mem::replace(down, true));
    }

    /// Repeats a step until the ledger has taken it, up to the limit of the role.
    ///
    /// # Errors
    /// [`Trouble`]: the ledger refuses this one delivery, or the limit is reached.
    pub async fn retry_until_taken<T, F>(&self, step: impl Fn() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut failures = Failures::default();
        let mut wait = self.limit.first_wait();
        loop {
            let taken = match self.limit {
                RetryLimit::WhileDown { .. } => step().await,
                RetryLimit::UntilStop { panicked, .. } => match catch_panic(step()).await {
                    Ok(taken) => taken,
                    Err(Panicked) => {
                        panicked();
                        return Err(Trouble::Panicked);
                    }
                },
            };
            let error = match taken {
                Ok(done) => {
                    self.successes.fetch_add(1, Ordering::Relaxed);
                    self.answered();
                    return Ok(done);
                }
                Err(error @ (StoreError::Refused(_) | StoreError::Unreadable(_))) => {
                    self.answered();
                    return Err(Trouble::Refused(error));
                }
                Err(error) => error,
            };
            if !self.rest(&mut failures, &error, wait).await {
                return Err(Trouble::GivenUp(error));
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Waits before the next try. False when there is to be none.
    async fn rest(&self, failures: &mut Failures, error: &StoreError, wait: Duration) -> bool {
        match self.limit {
            RetryLimit::WhileDown { trouble_limit, stop_limit } => {
                match failures.again(self.successes()) {
                    Fails::Alone(lasting) if lasting >= trouble_limit => return false,
                    Fails::Once | Fails::Alone(_) => {}
                    Fails::WithAll => self.failed(),
                }
                if self.stopping.is_cancelled() && failures.lasting() >= stop_limit {
                    return false;
                }
                tokio::time::sleep(wait).await;
                true
            }
            RetryLimit::UntilStop { failed, .. } => {
                failed(error);
                tokio::select! {
                    () = self.stopping.cancelled() => false,
                    () = tokio::time::sleep(wait) => true,
                }
            }
        }
    }
}

impl RetryLimit {
    const fn first_wait(self) -> Duration {
        match self {
            Self::WhileDown { .. } => Duration::from_millis(50),
            Self::UntilStop { .. } => Duration::from_millis(100),
        }
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

/// The failures of one step so far.
#[derive(Default)]
struct Failures {
    since: Option<Instant>,
    /// The last failure, and how many steps of others had succeeded by then.
    last: Option<(Instant, u64)>,
    alone: Duration,
}

impl Failures {
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

#[cfg(test)]
mod tests;
