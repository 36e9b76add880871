//! Bringing a job forward: what it waits for is not waited for any more.

use domain::{Key, Timestamp};

use crate::error::StoreError;
use crate::ledger::input::refuse_nul;
use crate::sql::{Value, key_values};
use crate::store::Store;

impl Store {
    /// Makes a one-shot job due now, if it was due later. False when nothing is known of its delivery: its message has
    /// not arrived yet, or is between the scheduler and a worker. Then ask again.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn hurry_job(&self, key: &Key, now: Timestamp) -> Result<bool, StoreError> {
        const HURRY: &str = "UPDATE jobs SET due_at = $3 WHERE tenant = $1 AND id = $2 AND cron IS NULL \
                             AND due_at > $3 RETURNING id";
        const KNOWN: &str = "SELECT id FROM jobs WHERE tenant = $1 AND id = $2 AND cron IS NULL \
                             UNION ALL SELECT id FROM deliveries WHERE tenant = $1 AND id = $2";
        refuse_nul(key)?;
        let [tenant, id] = key_values(key);
        let hurried = self.inner.db.writer().query(HURRY, &[tenant, id, Value::Int(Some(now.as_micros()))]).await?;
        if !hurried.is_empty() {
            self.inner.soonest.report(now);
            return Ok(true);
        }
        Ok(!self.inner.db.writer().query(KNOWN, &key_values(key)).await?.is_empty())
    }
}
