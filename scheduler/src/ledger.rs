//! Steps with the ledger, repeated until it has taken them.

use std::time::Duration;

use store::StoreError;

use crate::Shared;
use crate::contained::contained;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Why a step with the ledger did not reach its end.
pub(crate) enum Trouble {
    /// The ledger will never take this one.
    Refused(String),
    Panic,
    /// The scheduler stops, and the ledger is away.
    Stopping,
}

/// Repeats a step until the ledger has taken it.
pub(crate) async fn retry_until_taken<T, F>(shared: &Shared, step: impl Fn() -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = FIRST_WAIT;
    loop {
        match contained("store", step()).await.ok_or(Trouble::Panic)? {
            Ok(done) => return Ok(done),
            Err(StoreError::Refused(detail) | StoreError::Unreadable(detail)) => {
                return Err(Trouble::Refused(detail));
            }
            Err(error) => tracing::warn!(%error, "a job waits for the ledger"),
        }
        tokio::select! {
            () = shared.stop.cancelled() => return Err(Trouble::Stopping),
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
