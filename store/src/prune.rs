//! Forgets ended deliveries that are older than the retention, a small batch at a time.

use domain::{Key, State, Timestamp};

use crate::claim::keys_group;
use crate::row::key_of;
use crate::sql::{Value, get};
use crate::{Store, StoreError};

/// What one batch forgot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pruned {
    pub deliveries: usize,
    /// The newest of them: the next batch begins here, so that rows which stay are not walked over again.
    pub up_to: Option<Timestamp>,
}

impl Store {
    /// Deletes ended deliveries that were taken from `from` on and before `before`, the oldest first and at most
    /// `limit`, with their attempts. What is on its way, dead or held stays for ever. Several at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn prune(&self, from: Timestamp, before: Timestamp, limit: u32) -> Result<Pruned, StoreError> {
        let values = [
            Value::Int(Some(from.as_micros())),
            Value::Int(Some(before.as_micros())),
            Value::Int(Some(i64::from(limit))),
        ];
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&find_ended(), &values).await?;
        let keys: Vec<Key> = rows.iter().map(key_of).collect::<Result<_, _>>()?;
        for table in ["attempts", "deliveries"] {
            let delete = format!("DELETE FROM {table} WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {{u}})");
            session.query_group(&delete, &keys_group(keys.iter())).await?;
        }
        session.commit().await?;
        let up_to = rows.last().map(|row| get(row, "created_at")).transpose()?.map(Timestamp::from_micros);
        Ok(Pruned { deliveries: keys.len(), up_to })
    }
}

/// The index on `created_at` gives them in order; the state is looked at in the rows, because no index may hold it.
fn find_ended() -> String {
    let ended: Vec<_> =
        State::ALL.into_iter().filter(|state| state.is_final()).map(|state| format!("'{state}'")).collect();
    format!(
        "SELECT tenant, id, created_at FROM deliveries WHERE created_at >= $1 AND created_at < $2 AND state IN ({}) \
         ORDER BY created_at LIMIT $3 {{for_update}}",
        ended.join(", ")
    )
}
