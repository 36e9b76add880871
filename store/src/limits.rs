//! How many messages the workers have leased of each window of a provider's limits: no more than the limit, however many
//! lease at once.

use std::time::Duration;

use domain::{Timestamp, Wanted};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, count_of, get};
use crate::store::Store;

/// For so long after its end a window is kept: a process whose clock is behind may still be in it.
const KEPT_FOR: Duration = Duration::from_secs(600);

/// What was leased of one window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leased {
    /// Fewer than were wanted are the last of the window.
    pub tokens: u32,
    /// How many all processes have leased of it.
    pub used: u32,
}

/// How much of one window has been leased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitUse {
    pub provider: String,
    pub medium: String,
    pub window_seconds: u32,
    pub began: Timestamp,
    pub used: u32,
}

impl Store {
    /// Leases messages of one window of a provider's limit, as many as are wanted or left. When the answer is lost, what
    /// was leased is lost with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_tokens(&self, provider: &str, medium: &str, wanted: Wanted) -> Result<Leased, StoreError> {
        const LEASE: &str = "INSERT INTO limits (provider, medium, window_seconds, began, used, leased) \
             VALUES ($1, $2, $3, $4, $5, $5) \
             ON CONFLICT (provider, medium, window_seconds, began) DO UPDATE SET \
             leased = CASE WHEN limits.used + excluded.leased <= $6 THEN excluded.leased ELSE $6 - limits.used END, \
             used = CASE WHEN limits.used + excluded.leased <= $6 THEN limits.used + excluded.leased ELSE $6 END \
             WHERE limits.used < $6 RETURNING used, leased";
        let limit = wanted.window.messages;
        let values = [
            Value::Text(Some(provider)),
            Value::Text(Some(medium)),
            Value::Int(Some(i64::from(wanted.window.unit.seconds()))),
            Value::Int(Some(wanted.began.as_micros())),
            Value::Int(Some(i64::from(wanted.tokens.min(limit)))),
            Value::Int(Some(i64::from(limit))),
        ];
        let rows = self.inner.db.writer().query(LEASE, &values).await?;
        let Some(row) = rows.first() else { return Ok(Leased { tokens: 0, used: limit }) };
        Ok(Leased { tokens: count_of(row, "leased")?, used: count_of(row, "used")? })
    }

    /// The windows that this instant is in and of which anything was leased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn limits(&self, now: Timestamp) -> Result<Vec<LimitUse>, StoreError> {
        const READ: &str = "SELECT provider, medium, window_seconds, began, used FROM limits \
                            WHERE began <= $1 AND began + window_seconds * 1000000 > $1 \
                            ORDER BY provider, medium, window_seconds";
        let rows = self.inner.db.reader().query(READ, &[Value::Int(Some(now.as_micros()))]).await?;
        rows.iter().map(use_of).collect()
    }

    /// Deletes the windows that have ended some time ago. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_limits(&self, now: Timestamp) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM limits WHERE began + window_seconds * 1000000 < $1";
        let before = now.minus(KEPT_FOR);
        self.inner.db.writer().query(DELETE, &[Value::Int(Some(before.as_micros()))]).await.map(drop)
    }
}

fn use_of(row: &QueryResult) -> Result<LimitUse, StoreError> {
    Ok(LimitUse {
        provider: get(row, "provider")?,
        medium: get(row, "medium")?,
        window_seconds: count_of(row, "window_seconds")?,
        began: Timestamp::from_micros(get(row, "began")?),
        used: count_of(row, "used")?,
    })
}
