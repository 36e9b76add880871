//! Bringing a job forward: what it waits for is not waited for any more.

use domain::{Key, State, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::ledger::input::refuse_nul;
use crate::sql::{Value, get, key_values};
use crate::store::Store;

/// What became of a job that was to be brought forward.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hurried {
    /// Nothing is known of its delivery: its message has not arrived yet, or is between the scheduler and a worker.
    Unknown,
    /// It is due now, or has gone its way.
    Known,
    /// Somebody has cancelled its delivery: it never goes out.
    Cancelled,
}

impl Store {
    /// Makes a one-shot job due now, if it was due later. Where nothing is known of it, ask again.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn hurry_job(&self, key: &Key, now: Timestamp) -> Result<Hurried, StoreError> {
        const HURRY: &str = "UPDATE jobs SET due_at = $3 WHERE tenant = $1 AND id = $2 AND cron IS NULL \
                             AND due_at > $3 RETURNING id";
        const KNOWN: &str = "SELECT CAST(NULL AS TEXT) AS state FROM jobs \
                             WHERE tenant = $1 AND id = $2 AND cron IS NULL \
                             UNION ALL SELECT state FROM deliveries WHERE tenant = $1 AND id = $2";
        refuse_nul(key)?;
        let [tenant, id] = key_values(key);
        let hurried = self.inner.db.writer().query(HURRY, &[tenant, id, Value::Int(Some(now.as_micros()))]).await?;
        if !hurried.is_empty() {
            self.inner.soonest.report(now);
            return Ok(Hurried::Known);
        }
        let known = self.inner.db.writer().query(KNOWN, &key_values(key)).await?;
        let cancelled = known.iter().map(is_cancelled).collect::<Result<Vec<bool>, StoreError>>()?;
        // A job that is still there goes out.
        Ok(match cancelled.as_slice() {
            [] => Hurried::Unknown,
            [true] => Hurried::Cancelled,
            _ => Hurried::Known,
        })
    }
}

fn is_cancelled(row: &QueryResult) -> Result<bool, StoreError> {
    let state: Option<String> = get(row, "state")?;
    Ok(state.as_deref() == Some(State::Cancelled.as_str()))
}
