//! What is due next, for whoever looks at the whole fleet.

use std::time::Duration;

use domain::{Tenant, Timestamp};

use super::job::NEVER;
use crate::error::StoreError;
use crate::sql::{Value, count_of, time_of};
use crate::store::Store;

/// How many jobs are looked at: those that are due first.
const MOST: usize = 10_000;

/// Postgres ends the statement after this time.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The jobs among the 10,000 that are due first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ahead {
    pub jobs: u32,
    /// When the first of them is due. It is in the past where no scheduler has fired it yet.
    pub next_due: Option<Timestamp>,
}

impl Store {
    /// How many jobs of a tenant, or of everybody, are among the 10,000 that are due first, and when the next of them is
    /// due. One that is paused is not due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs_ahead(&self, tenant: Option<&Tenant>) -> Result<Ahead, StoreError> {
        let whose = tenant.map(|_| " WHERE tenant = $1").unwrap_or_default();
        let sql = format!(
            "SELECT COUNT(*) AS jobs, MIN(due_at) AS due FROM \
             (SELECT tenant, due_at FROM jobs WHERE due_at < {} ORDER BY due_at LIMIT {MOST}) AS ahead{whose}",
            NEVER.as_micros()
        );
        let values: Vec<Value<'_>> = tenant.map(|tenant| Value::Text(Some(tenant.as_str()))).into_iter().collect();
        let mut session = self.inner.db.hasty_reader(TIMEOUT).await?;
        let rows = session.query(&sql, &values).await?;
        session.commit().await?;
        let Some(row) = rows.first() else { return Ok(Ahead::default()) };
        Ok(Ahead { jobs: count_of(row, "jobs")?, next_due: time_of(row, "due")? })
    }
}
