//! Counts how often somebody tries to answer with a code, before the code is looked at.

use std::collections::BTreeMap;

use domain::Key;

use crate::error::StoreError;
use crate::sql::{Session, count_of, key_of, keys_group};
use crate::store::Store;

impl Store {
    /// Counts that a code is tried with each of these asks, and returns what each has then: of several at once each gets a
    /// number of its own. The code is looked at after that. One that is not there is left out.
    ///
    /// # Errors
    /// [`StoreError`]; to repeat it counts again.
    pub async fn count_ask_attempts(&self, asks: &[Key]) -> Result<BTreeMap<Key, u32>, StoreError> {
        self.change_attempts(asks, "attempts + 1").await
    }

    /// Takes back what was counted for a code that is right: whoever has it guesses nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn return_ask_attempts(&self, asks: &[Key]) -> Result<(), StoreError> {
        self.change_attempts(asks, "CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END").await.map(drop)
    }

    async fn change_attempts(&self, asks: &[Key], to: &str) -> Result<BTreeMap<Key, u32>, StoreError> {
        let mut session = self.inner.db.begin().await?;
        lock(&mut session, asks).await?;
        let sql = format!(
            "UPDATE asks SET attempts = {to} WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {{u}}) \
             RETURNING tenant, id, attempts"
        );
        let rows = session.query_group(&sql, &keys_group(asks.iter())).await?;
        let counted = rows.iter().map(|row| Ok::<_, StoreError>((key_of(row)?, count_of(row, "attempts")?)));
        let counted = counted.collect::<Result<_, StoreError>>()?;
        session.commit().await?;
        Ok(counted)
    }
}

/// In the order of their keys, so that no two who count at once wait for each other.
async fn lock(session: &mut Session, asks: &[Key]) -> Result<(), StoreError> {
    const LOCK: &str = "SELECT id FROM asks WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {u}) \
                        ORDER BY tenant, id {for_update}";
    session.query_group(LOCK, &keys_group(asks.iter())).await.map(drop)
}
