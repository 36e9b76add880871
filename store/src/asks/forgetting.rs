//! Forgets asks, commands and verifications that ended longer ago than the retention, a small batch at a time.

use domain::{Key, Timestamp};

use crate::error::StoreError;
use crate::sql::{Value, key_of, keys_group};
use crate::store::Store;

/// Which rows have ended, and what goes with them.
struct Table {
    name: &'static str,
    /// Ended, and told.
    ended: &'static str,
    at: &'static str,
    /// Tables of what is theirs, and by which column a row names whose it is.
    beside: &'static [(&'static str, &'static str)],
}

const ASKS: Table = Table {
    name: "asks",
    ended: "ended_at IS NOT NULL",
    at: "ended_at",
    beside: &[("answers", "ask"), ("ask_copies", "ask")],
};
const COMMANDS: Table = Table {
    name: "commands",
    ended: "state IN ('succeeded', 'failed', 'rejected', 'expired')",
    at: "updated_at",
    beside: &[],
};
const VERIFICATIONS: Table = Table {
    name: "verifications",
    ended: "ended_at IS NOT NULL",
    at: "ended_at",
    beside: &[("verification_addresses", "verification")],
};

impl Store {
    /// Deletes asks that ended before then, with their answers and copies, the oldest first and at most `limit`; returns how
    /// many. One of whose end nobody was told stays.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_asks(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.forget_ended(&ASKS, before, limit).await
    }

    /// The same for commands.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_commands(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.forget_ended(&COMMANDS, before, limit).await
    }

    /// The same for verifications.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_verifications(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.forget_ended(&VERIFICATIONS, before, limit).await
    }

    async fn forget_ended(&self, table: &Table, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        let Table { name, ended, at, beside } = table;
        let find = format!(
            "SELECT tenant, id FROM {name} WHERE {ended} AND {at} < $1 AND NOT untold ORDER BY {at} LIMIT $2 \
             {{skip_locked}}"
        );
        let values = [Value::Int(Some(before.as_micros())), Value::Int(Some(i64::from(limit)))];
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&find, &values).await?;
        let keys: Vec<Key> = rows.iter().map(key_of).collect::<Result<_, _>>()?;
        for (from, id) in beside.iter().copied().chain([(*name, "id")]) {
            let delete = format!("DELETE FROM {from} WHERE (tenant, {id}) IN (SELECT u.tenant, u.id FROM {{u}})");
            session.query_group(&delete, &keys_group(keys.iter())).await?;
        }
        session.commit().await?;
        Ok(keys.len())
    }
}
