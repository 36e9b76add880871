//! Pausing a schedule, and having it run again.

use domain::{Entry, Key, Timestamp};
use sea_orm::QueryResult;

use super::job::{JobPause, JobSummary, NEVER};
use super::row::{SUMMARY, summary_of};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Value, key_values};
use crate::store::Store;

impl Store {
    /// Pauses a recurring schedule, and returns it as it stands. What is paused already stays so since then, by whom and why
    /// are as they are given now. It also ends the lease of a scheduler that has claimed it: that one must not give it
    /// another time. None where there is no such schedule, or one that fires once.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn pause_job(&self, key: &Key, pause: &JobPause, told: &Entry) -> Result<Option<JobSummary>, StoreError> {
        let sql = format!(
            "UPDATE jobs SET due_at = $3, lease_owner = NULL, lease_until = 0, paused_at = COALESCE(paused_at, $4), \
             paused_by = $5, paused_why = $6 WHERE tenant = $1 AND id = $2 AND cron IS NOT NULL RETURNING {SUMMARY}"
        );
        let [due, since] = [NEVER, pause.since].map(|at| Value::Int(Some(at.as_micros())));
        let said = [Value::Text(Some(&pause.by)), Value::Text(Some(&pause.why))];
        self.change_job(&sql, key, [due, since].into_iter().chain(said).collect(), told).await
    }

    /// Has a paused schedule run again, at `next` for the first time. None where there is no such schedule, or one that is
    /// not paused.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn resume_job(&self, key: &Key, next: Timestamp, told: &Entry) -> Result<Option<JobSummary>, StoreError> {
        let sql = format!(
            "UPDATE jobs SET due_at = $3, paused_at = NULL, paused_by = NULL, paused_why = NULL \
             WHERE tenant = $1 AND id = $2 AND paused_at IS NOT NULL RETURNING {SUMMARY}"
        );
        let resumed = self.change_job(&sql, key, vec![Value::Int(Some(next.as_micros()))], told).await?;
        if resumed.is_some() {
            self.inner.soonest.report(next);
        }
        Ok(resumed)
    }

    /// Runs a statement that changes one job and returns it, and notes that in its transaction.
    async fn change_job(
        &self,
        sql: &str,
        key: &Key,
        values: Vec<Value<'_>>,
        told: &Entry,
    ) -> Result<Option<JobSummary>, StoreError> {
        // Postgres can neither store nor compare a NUL: no job has such an id.
        if key.id.contains('\0') {
            return Ok(None);
        }
        let values: Vec<Value<'_>> = key_values(key).into_iter().chain(values).collect();
        let mut session = self.inner.db.begin().await?;
        let rows: Vec<QueryResult> = session.query(sql, &values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let changed = summary_of(row)?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(Some(changed))
    }
}
