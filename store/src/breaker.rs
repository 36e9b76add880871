//! Repeats a step with the ledger until the ledger has done it. A circuit breaker tells the trouble of one delivery
//! apart from a ledger that is down for all.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use runtime::{Panicked, catch_panic};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::StoreError;

const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A circuit breaker, which is closed while the ledger answers.
pub struct LedgerBreaker {
    down: watch::Sender<bool>,
    /// How many steps the ledger has done, of all deliveries.
    successes: AtomicU64,
    limit: RetryLimit,
    stopping: CancellationToken,
}

/// How long a step is repeated.
#[derive(Clone, Copy, Debug)]
pub enum RetryLimit {
    /// While the ledger is down for all, a step is repeated for as long as that lasts; the role watches
    /// [`LedgerBreaker::watch`] and consumes nothing meanwhile.
    WhileDown {
        /// How long one delivery's trouble is repeated while others succeed.
        trouble_limit: Duration,
        /// How long a step is repeated while the role is stopping, whether others succeed or not.
        stop_limit: Duration,
    },
    /// A step is repeated until the role is stopping. The breaker stays closed.
    UntilStop {
        /// Reports each try that has failed.
        failed: fn(&StoreError),
        /// Reports a step that has panicked. Such a step is not repeated, and the panic goes no further.
        panicked: fn(),
    },
}

/// Why a step with the ledger was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StepError {
    /// The ledger will never do this one step.
    #[error(transparent)]
    Refused(StoreError),
    /// The limit was reached, or the role is stopping: the error of the last try.
    #[error(transparent)]
    GivenUp(StoreError),
    /// The step has panicked; only with [`RetryLimit::UntilStop`].
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

    /// Watches whether the ledger is down for all.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.down.subscribe()
    }

    /// How many steps the ledger has done so far.
    pub fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    /// Closes the breaker, because the ledger has answered some step.
    pub fn answered(&self) {
        self.down.send_if_modified(std::mem::take);
    }

    fn failed(&self) {
        self.down.send_if_modified(|down| !std::mem::replace(down, true));
    }

    /// Repeats a step until the ledger has done it, up to the limit of the role.
    ///
    /// # Errors
    /// [`StepError`]: the ledger refuses this one delivery, or the limit is reached.
    pub async fn retry_until_taken<T, F>(&self, step: impl Fn() -> F) -> Result<T, StepError>
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
                        return Err(StepError::Panicked);
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
                    return Err(StepError::Refused(error));
                }
                Err(error) => error,
            };
            if !self.rest(&mut failures, &error, wait).await {
                return Err(StepError::GivenUp(error));
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Waits before the next try. False when the limit is reached and there is no next try.
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
    /// Others succeeded since the last try. The duration is how long that has been so, without the times when all
    /// failed.
    Alone(Duration),
    /// No step succeeded since the last try.
    WithAll,
}

/// The failures of one step so far.
#[derive(Default)]
struct Failures {
    since: Option<Instant>,
    /// When the last failure was, and how many steps of others had succeeded by then.
    last: Option<(Instant, u64)>,
    alone: Duration,
}

impl Failures {
    /// Notes a failure. `successes` is how many steps of others have succeeded so far.
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
