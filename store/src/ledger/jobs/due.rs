//! What a scheduler does with due jobs: claim them, then finish or release what it has claimed.

use std::time::Duration;

use domain::{Key, Timestamp};
use uuid::Uuid;

use super::job::{FinishedJob, Job, NEVER};
use super::row::{MESSAGE, SUMMARY, job_of};
use super::soonest::Soonest;
use crate::error::StoreError;
use crate::sql::{Group, Value, get, key_values, keys_group, micros};
use crate::store::Store;

/// The most jobs that one statement finishes or releases.
const FINISH_GROUP: usize = 256;

impl Store {
    /// The earliest due time among the jobs that were stored through this handle or a clone of it.
    pub fn soonest(&self) -> &Soonest {
        &self.inner.soonest
    }

    /// When the next job after `after` is due, by one look into an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        const NEXT: &str = "SELECT due_at FROM jobs WHERE due_at > $1 AND due_at < $2 ORDER BY due_at LIMIT 1";
        let between = [after, NEVER].map(|at| Value::Int(Some(at.as_micros())));
        let rows = self.inner.db.reader().query(NEXT, &between).await?;
        rows.first().map(|row| Ok(Timestamp::from_micros(get(row, "due_at")?))).transpose()
    }

    /// Claims due jobs that no scheduler has claimed, the earliest first, under a lease that runs by the database's
    /// clock. Several schedulers at once never claim the same job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_due_jobs(
        &self,
        now: Timestamp,
        limit: u32,
        lease: Duration,
        owner: Uuid,
    ) -> Result<Vec<Job>, StoreError> {
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT tenant, id FROM jobs WHERE due_at <= $1 AND lease_until <= {{now}} \
             ORDER BY due_at LIMIT $2 {{skip_locked}}) \
             UPDATE jobs SET lease_owner = $3, lease_until = {{now}} + $4 FROM due \
             WHERE jobs.tenant = due.tenant AND jobs.id = due.id RETURNING {SUMMARY}, {MESSAGE}"
        );
        let values = [
            Value::Int(Some(now.as_micros())),
            Value::Int(Some(i64::from(limit))),
            Value::Bytes(Some(owner.as_bytes())),
            Value::Int(Some(micros(lease))),
        ];
        let rows = self.inner.db.writer().query(&sql, &values).await?;
        let mut jobs: Vec<Job> = rows.iter().map(job_of).collect::<Result<_, _>>()?;
        jobs.sort_by(|a, b| (a.due_at, &a.key).cmp(&(b.due_at, &b.key)));
        Ok(jobs)
    }

    /// Deletes jobs that have fired for the last time, and moves the others to their next time. Returns how many of
    /// them their owner still had.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn finish_jobs(&self, done: &[FinishedJob]) -> Result<usize, StoreError> {
        const DELETE: &str = "DELETE FROM jobs WHERE (tenant, id, lease_owner) IN (SELECT u.tenant, u.id, u.owner FROM {u}) RETURNING id";
        const MOVE: &str = "UPDATE jobs SET last_fired_at = jobs.due_at, due_at = u.next, lease_owner = NULL, \
             lease_until = 0 FROM {u} WHERE jobs.tenant = u.tenant AND jobs.id = u.id AND jobs.lease_owner = u.owner \
             RETURNING jobs.id";
        let mut finished = 0;
        for done in done.chunks(FINISH_GROUP) {
            let (moved, last): (Vec<_>, Vec<_>) = done.iter().partition(|job| job.next.is_some());
            let mut session = self.inner.db.begin().await?;
            let deleted = session
                .query_group(DELETE, &owned_group(last.iter().map(|job| (&job.key, job.owner.as_bytes()))))
                .await?;
            let next = moved.iter().map(|job| job.next.map(Timestamp::as_micros));
            let group = owned_group(moved.iter().map(|job| (&job.key, job.owner.as_bytes()))).int("next", next);
            finished += deleted.len() + session.query_group(MOVE, &group).await?.len();
            session.commit().await?;
        }
        Ok(finished)
    }

    /// Releases claimed jobs unpublished. Nobody claims them for `pause`, by the database's clock, so that a job that
    /// cannot be published does not delay those that can. Returns how many of them the owner still had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_jobs(&self, keys: &[Key], owner: Uuid, pause: Duration) -> Result<usize, StoreError> {
        const RELEASE: &str = "UPDATE jobs SET lease_owner = NULL, lease_until = {now} + u.pause FROM {u} \
             WHERE jobs.tenant = u.tenant AND jobs.id = u.id AND jobs.lease_owner = u.owner RETURNING jobs.id";
        let mut released = 0;
        for keys in keys.chunks(FINISH_GROUP) {
            let group = owned_group(keys.iter().map(|key| (key, owner.as_bytes())));
            let group = group.int("pause", keys.iter().map(|_| micros(pause)));
            released += self.inner.db.writer().query_group(RELEASE, &group).await?.len();
        }
        Ok(released)
    }

    /// Moves a schedule that is due at `from` to another time. False when a scheduler has claimed it, or none is due at
    /// `from`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn move_job(&self, key: &Key, from: Timestamp, to: Timestamp) -> Result<bool, StoreError> {
        const MOVE: &str = "UPDATE jobs SET due_at = $4 WHERE tenant = $1 AND id = $2 AND due_at = $3 \
             AND cron IS NOT NULL AND lease_until <= {now} RETURNING id";
        let [tenant, id] = key_values(key);
        let [from, to] = [from, to].map(|at| Value::Int(Some(at.as_micros())));
        Ok(!self.inner.db.writer().query(MOVE, &[tenant, id, from, to]).await?.is_empty())
    }
}

fn owned_group<'a>(jobs: impl ExactSizeIterator<Item = (&'a Key, &'a [u8; 16])> + Clone) -> Group<'a> {
    let owners = jobs.clone().map(|(_, owner)| owner.as_slice());
    keys_group(jobs.map(|(key, _)| key)).bytes("owner", owners)
}
