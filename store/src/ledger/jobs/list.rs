//! What people do with jobs: read one or a page of them, and delete one.

use domain::{Entry, Key};

use super::job::{Job, JobFilter, JobPage};
use super::row::{MESSAGE, SUMMARY, job_of, summary_of};
use crate::error::StoreError;
use crate::ledger::input::page_size;
use crate::sql::{Value, key_values};
use crate::store::Store;

impl Store {
    /// The jobs after `filter.after` in the order of their keys. No body is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs(&self, filter: JobFilter) -> Result<JobPage, StoreError> {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values = Vec::new();
        if let Some(tenant) = &filter.tenant {
            values.push(Value::Text(Some(tenant.as_str())));
            conditions.push(format!("jobs.tenant = ${}", values.len()));
        }
        if let Some(after) = &filter.after {
            values.extend(key_values(after));
            conditions.push(format!("(jobs.tenant, jobs.id) > (${}, ${})", values.len() - 1, values.len()));
        }
        if let Some(recurring) = filter.recurring {
            conditions.push(if recurring { "jobs.cron IS NOT NULL" } else { "jobs.cron IS NULL" }.to_owned());
        }
        let conditions = conditions.join(" AND ");
        let limit = page_size(filter.limit);
        let sql =
            format!("SELECT {SUMMARY} FROM jobs WHERE {conditions} ORDER BY jobs.tenant, jobs.id LIMIT {}", limit + 1);
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        let jobs = rows.iter().take(limit).map(summary_of).collect::<Result<_, _>>()?;
        Ok(JobPage { jobs, more: rows.len() > limit })
    }

    /// The job with its body.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn job(&self, key: &Key) -> Result<Option<Job>, StoreError> {
        let sql = format!("SELECT {SUMMARY}, {MESSAGE} FROM jobs WHERE jobs.tenant = $1 AND jobs.id = $2");
        if key.id.contains('\0') {
            return Ok(None);
        }
        let rows = self.inner.db.reader().query(&sql, &key_values(key)).await?;
        rows.first().map(job_of).transpose()
    }

    /// Deletes a job; false when there was none. A delivery that the job has already published is not stopped:
    /// [`Store::cancel`] stops that, and any one-shot job. `told` is what an operator's decision has to tell.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_job(&self, key: &Key, told: Option<&Entry>) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        match told {
            Some(told) => self.change_told(DELETE, &key_values(key), told).await,
            None => Ok(!self.inner.db.writer().query(DELETE, &key_values(key)).await?.is_empty()),
        }
    }
}
