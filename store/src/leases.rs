//! What one process of the fleet does at a time: who does it has a lease, and whoever else would waits until that has ended.

use std::time::Duration;

use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Value, micros};
use crate::store::Store;

impl Store {
    /// Gives `holder` the lease of that name for so long, or lets it keep it. False while another has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_lease(&self, name: &str, holder: Uuid, lease: Duration) -> Result<bool, StoreError> {
        const HOLD: &str = "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, {now} + $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
             WHERE leases.held_until <= {now} OR leases.holder = excluded.holder RETURNING name";
        let (holder, lease) = (Value::Bytes(Some(holder.as_bytes())), Value::Int(Some(micros(lease))));
        let held = self.inner.db.writer().query(HOLD, &[Value::Text(Some(name)), holder, lease]).await?;
        Ok(!held.is_empty())
    }

    /// Ends the lease of that name if `holder` has it, so that another may have it at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leave_lease(&self, name: &str, holder: Uuid) -> Result<(), StoreError> {
        const LEAVE: &str = "DELETE FROM leases WHERE name = $1 AND holder = $2";
        let values = [Value::Text(Some(name)), Value::Bytes(Some(holder.as_bytes()))];
        self.inner.db.writer().query(LEAVE, &values).await.map(drop)
    }
}
