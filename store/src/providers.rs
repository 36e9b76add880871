//! How providers are, as the workers have last found it: one row each, written when that changes.

use domain::Timestamp;
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, get, time_of};
use crate::store::Store;

/// What the workers have last found of a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderState {
    pub name: String,
    /// The state of its breaker, in a word.
    pub state: String,
    /// Until when nobody gives it messages.
    pub open_until: Option<Timestamp>,
    pub changed_at: Timestamp,
}

impl Store {
    /// Notes how a provider is. Of two processes that find different things, the later counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_provider(
        &self,
        name: &str,
        state: &str,
        open_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO providers (name, state, open_until, changed_at) VALUES ($1, $2, $3, $4) \
                            ON CONFLICT (name) DO UPDATE SET state = excluded.state, \
                            open_until = excluded.open_until, changed_at = excluded.changed_at";
        let now = self.inner.clock.now();
        let values = [
            Value::Text(Some(name)),
            Value::Text(Some(state)),
            Value::Int(open_until.map(Timestamp::as_micros)),
            Value::Int(Some(now.as_micros())),
        ];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
    }

    /// The providers of which anything was noted, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn providers(&self) -> Result<Vec<ProviderState>, StoreError> {
        const READ: &str = "SELECT name, state, open_until, changed_at FROM providers ORDER BY name";
        let rows = self.inner.db.reader().query(READ, &[]).await?;
        rows.iter().map(state_of).collect()
    }
}

fn state_of(row: &QueryResult) -> Result<ProviderState, StoreError> {
    Ok(ProviderState {
        name: get(row, "name")?,
        state: get(row, "state")?,
        open_until: time_of(row, "open_until")?,
        changed_at: Timestamp::from_micros(get(row, "changed_at")?),
    })
}
