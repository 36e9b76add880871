//! What was read of a plan or job last, and who reads it now: of many letters it takes longer than a page may. One process
//! reads at a time, beside the requests, and what it finds is kept until the next has read.
//!
//! It is a copy with its time, never the truth: whatever changes the state of a job forgets it, and a start counts the
//! letters themselves.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;

use super::JobState;
use crate::error::StoreError;
use crate::sql::{Value, count_of, get, micros, time_of};
use crate::store::Store;

/// Of so many letters everything is read at once.
const FEW: u32 = 2_000;
/// A reading that has not ended by then has failed, and another may begin.
const LEASE: Duration = Duration::from_secs(35);
/// After a failure, it is read again once it has failed for as long again, within these bounds.
const AGAIN_AFTER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// What a change of a job's state forgets. A reading that is under way is not kept then.
pub(super) const FORGET: &str = "reading = NULL, read_at = NULL, reading_since = NULL, read_again_at = 0, \
     reading_failed_since = NULL, reading_failure = NULL";

/// Readings that have failed since the last that did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedReading {
    /// When the first of them failed.
    pub since: Timestamp,
    /// Why the last of them did.
    pub why: String,
}

/// What is kept of a plan or job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptReading {
    /// What was read, as it was given, and since when that is known. None before the first reading of its present state.
    pub read: Option<(String, Timestamp)>,
    /// Somebody reads it now.
    pub is_being_read: bool,
    /// What is kept is so old that it should be read again, and nobody does.
    pub is_due: bool,
    /// It could not be read. None once it was.
    pub failed: Option<FailedReading>,
    /// How many letters the plan was made of, if not more than are read at once.
    is_of_few: bool,
    /// Whether the tenant has not more either: a plan is compared with all of them.
    is_among_few: bool,
}

impl KeptReading {
    /// Whether all that is to be shown can be read while somebody waits.
    pub fn is_read_at_once(&self, state: JobState) -> bool {
        self.is_of_few && (state != JobState::Planned || self.is_among_few)
    }
}

impl Store {
    /// What is kept of a plan or job of a tenant. None where it has none of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept_letter_reading(&self, tenant: &Tenant, job: &str) -> Result<Option<KeptReading>, StoreError> {
        let sql = format!(
            "SELECT COALESCE(j.letters, 0) AS letters, j.reading, j.read_at, j.reading_since, j.read_again_at, \
             j.reading_failed_since, j.reading_failure, {{now}} AS now, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM letters AS l WHERE l.tenant = $1 LIMIT {}) \
             AS few) AS of_tenant FROM letter_jobs AS j WHERE j.tenant = $1 AND j.id = $2",
            FEW + 1
        );
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(job))];
        self.inner.db.hasty_query(&sql, &values).await?.first().map(kept_of).transpose()
    }

    /// Begins a reading, where one is due and nobody is at it. When it began, by the database's clock.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_letter_reading(&self, job: &str) -> Result<Option<Timestamp>, StoreError> {
        const BEGIN: &str = "UPDATE letter_jobs SET reading_since = {now}, read_again_at = {now} + $2 \
             WHERE id = $1 AND read_again_at <= {now} RETURNING reading_since";
        let values = [Value::Text(Some(job)), Value::Int(Some(micros(LEASE)))];
        let begun = self.inner.db.writer().query(BEGIN, &values).await?;
        begun.first().map_or(Ok(None), |row| time_of(row, "reading_since"))
    }

    /// Keeps what a reading has found that began at `began`. It is due again after `good_for`. Nothing is kept where the
    /// state of the job has changed meanwhile, or somebody else reads by now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_letter_reading(
        &self,
        job: &str,
        began: Timestamp,
        read: &str,
        good_for: Duration,
    ) -> Result<(), StoreError> {
        const KEEP: &str = "UPDATE letter_jobs SET reading = $3, read_at = reading_since, reading_since = NULL, \
             read_again_at = {now} + $4, reading_failed_since = NULL, reading_failure = NULL \
             WHERE id = $1 AND reading_since = $2";
        let values = [
            Value::Text(Some(job)),
            Value::Int(Some(began.as_micros())),
            Value::Text(Some(read)),
            Value::Int(Some(micros(good_for))),
        ];
        self.inner.db.writer().query(KEEP, &values).await.map(drop)
    }

    /// Notes that a reading has failed that began at `began`. The longer that goes on, the later it is due again: after 5
    /// seconds at first, at last after 5 minutes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail_letter_reading(&self, job: &str, began: Timestamp, why: &str) -> Result<(), StoreError> {
        const FAIL: &str = "UPDATE letter_jobs SET reading_since = NULL, reading_failure = $3, \
             reading_failed_since = COALESCE(reading_failed_since, {now}), \
             read_again_at = {now} + CASE WHEN {now} - COALESCE(reading_failed_since, {now}) < $4 THEN $4 \
             WHEN {now} - reading_failed_since > $5 THEN $5 ELSE {now} - reading_failed_since END \
             WHERE id = $1 AND reading_since = $2";
        let (soonest, latest) = AGAIN_AFTER;
        let values = [
            Value::Text(Some(job)),
            Value::Int(Some(began.as_micros())),
            Value::Text(Some(why)),
            Value::Int(Some(micros(soonest))),
            Value::Int(Some(micros(latest))),
        ];
        self.inner.db.writer().query(FAIL, &values).await.map(drop)
    }
}

fn kept_of(row: &QueryResult) -> Result<KeptReading, StoreError> {
    let text: Option<String> = get(row, "reading")?;
    let failure: Option<String> = get(row, "reading_failure")?;
    let failed = time_of(row, "reading_failed_since")?.zip(failure).map(|(since, why)| FailedReading { since, why });
    let is_due = get::<i64>(row, "read_again_at")? <= get::<i64>(row, "now")?;
    Ok(KeptReading {
        read: text.zip(time_of(row, "read_at")?),
        is_being_read: !is_due && time_of(row, "reading_since")?.is_some(),
        is_due,
        failed,
        is_of_few: count_of(row, "letters")? <= FEW,
        is_among_few: count_of(row, "of_tenant")? <= FEW,
    })
}
