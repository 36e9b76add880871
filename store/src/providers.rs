//! How providers are, as the workers have last found it: one row for each breaker, written when it changes, and again as
//! long as it is not closed.

use std::time::Duration;

use domain::Timestamp;
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, get, time_of};
use crate::store::Store;

/// So old a word is of nobody any more: whoever still finds it so says it again long before.
const OLD: Duration = Duration::from_secs(600);

/// What the workers have last found of a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderState {
    /// The provider, or the provider and the medium: `twilio/sms`.
    pub name: String,
    /// The state of its breaker, in a word.
    pub state: String,
    /// Until when nobody gives it messages.
    pub open_until: Option<Timestamp>,
    /// When a worker has last said so.
    pub noted_at: Timestamp,
}

impl Store {
    /// Notes how a provider is. Of two processes that find different things, the later counts; but as long as one has it
    /// open, only that it is closed counts, and that it is open for longer.
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
                            open_until = excluded.open_until, changed_at = excluded.changed_at \
                            WHERE excluded.state = 'closed' OR providers.open_until IS NULL \
                            OR providers.open_until <= excluded.changed_at \
                            OR providers.open_until <= excluded.open_until \
                            OR abs(excluded.changed_at - providers.changed_at) >= $5";
        let now = self.inner.clock.now();
        let values = [
            Value::Text(Some(name)),
            Value::Text(Some(state)),
            Value::Int(open_until.map(Timestamp::as_micros)),
            Value::Int(Some(now.as_micros())),
            Value::Int(i64::try_from(OLD.as_micros()).ok()),
        ];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
    }

    /// The providers of which anything was noted lately, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn providers(&self) -> Result<Vec<ProviderState>, StoreError> {
        const READ: &str = "SELECT name, state, open_until, changed_at FROM providers ORDER BY name";
        let rows = self.inner.db.reader().query(READ, &[]).await?;
        let now = self.inner.clock.now();
        let is_old = |state: &ProviderState| now.apart(state.noted_at) >= OLD;
        rows.iter().map(state_of).filter(|state| !state.as_ref().is_ok_and(is_old)).collect()
    }
}

fn state_of(row: &QueryResult) -> Result<ProviderState, StoreError> {
    Ok(ProviderState {
        name: get(row, "name")?,
        state: get(row, "state")?,
        open_until: time_of(row, "open_until")?,
        noted_at: Timestamp::from_micros(get(row, "changed_at")?),
    })
}
