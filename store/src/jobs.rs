//! What is due later: deliveries with a `send_at`, and recurring schedules.

pub(crate) mod put;

use std::time::Duration;

use domain::{ChannelName, Content, Key, Lane, Tenant, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::claim::{keys_group, micros};
use crate::row::{content_of, count_of, key_of, time_of};
use crate::sql::{Group, Value, get, unreadable};
use crate::{Soonest, Store, StoreError, page_size, refuse_nul};

/// What is published when it is due, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobKind {
    /// The job is its delivery: same id, headers and seq.
    OneShot,
    /// Every fire is a delivery of its own.
    Cron {
        cron: String,
        /// IANA name.
        zone: String,
        name: Option<String>,
    },
}

/// A job as it is stored. Until it is published this is the only copy of its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    pub key: Key,
    pub kind: JobKind,
    pub lane: Lane,
    /// None of one that was stored before the ledger kept it.
    pub channel: Option<ChannelName>,
    /// As the row of a delivery has it; none of one that was stored before the ledger kept it.
    pub recipient_mask: Option<String>,
    pub body: Vec<u8>,
    pub content: Content,
    pub epoch: u32,
    pub seq: u32,
    pub attempt: u32,
    /// The scheduler's own JSON: foreign headers and properties to publish with, and whose it is. Opaque here; empty
    /// where there is nothing of that.
    pub carried: Vec<u8>,
    /// When it is due next.
    pub due_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub max_lateness_seconds: Option<u64>,
    pub created_at: Timestamp,
    /// The scheduled time of the last fire of a recurring job.
    pub last_fired_at: Option<Timestamp>,
}

/// Without the body.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, kind, lane, due_at, .. } = self;
        f.debug_struct("Job")
            .field("key", key)
            .field("kind", kind)
            .field("lane", lane)
            .field("due_at", due_at)
            .finish_non_exhaustive()
    }
}

/// A job but for its message: what a list reads of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobSummary {
    pub key: Key,
    pub kind: JobKind,
    pub lane: Lane,
    pub channel: Option<ChannelName>,
    pub recipient_mask: Option<String>,
    pub content: Content,
    pub epoch: u32,
    pub seq: u32,
    pub attempt: u32,
    pub due_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub max_lateness_seconds: Option<u64>,
    pub created_at: Timestamp,
    pub last_fired_at: Option<Timestamp>,
}

impl From<&Job> for JobSummary {
    fn from(job: &Job) -> Self {
        Self {
            key: job.key.clone(),
            kind: job.kind.clone(),
            lane: job.lane,
            channel: job.channel.clone(),
            recipient_mask: job.recipient_mask.clone(),
            content: job.content,
            epoch: job.epoch,
            seq: job.seq,
            attempt: job.attempt,
            due_at: job.due_at,
            expires_at: job.expires_at,
            max_lateness_seconds: job.max_lateness_seconds,
            created_at: job.created_at,
            last_fired_at: job.last_fired_at,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// New, or in the place of one with a lower (epoch, seq).
    Stored,
    /// The same id and content, and no higher (epoch, seq).
    Known,
    /// The id is known with another content.
    Conflict,
    /// It was cancelled before.
    Cancelled,
}

/// A claimed job whose publish was confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinishedJob {
    pub key: Key,
    pub owner: Uuid,
    /// When it fires again; none deletes it.
    pub next: Option<Timestamp>,
}

/// Which jobs to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilter {
    pub tenant: Option<Tenant>,
    /// Only recurring ones, or only one-shot ones.
    pub recurring: Option<bool>,
    pub after: Option<Key>,
    /// 1 to 1,000; 0 stands for 100.
    pub limit: u32,
}

/// Jobs in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobPage {
    pub jobs: Vec<JobSummary>,
    /// Others follow.
    pub more: bool,
}

/// What [`summary_of`] reads.
const SUMMARY: &str = "jobs.tenant, jobs.id, jobs.cron, jobs.zone, jobs.name, jobs.lane, jobs.channel, \
     jobs.recipient_mask, jobs.content, jobs.epoch, jobs.seq, jobs.attempt, jobs.due_at, jobs.expires_at, \
     jobs.max_lateness_seconds, jobs.created_at, jobs.last_fired_at";

/// What [`job_of`] reads besides: it may have a MiB and more.
const MESSAGE: &str = "jobs.body, jobs.carried";

/// Jobs finished in one statement.
const FINISH_GROUP: usize = 256;

impl Store {
    /// Stores a job once: repeating it is harmless.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn put_job(&self, job: Job) -> Result<Put, StoreError> {
        refuse_nul(&job.key)?;
        let due = job.due_at;
        let put = self.inner.jobs.write(job).await?;
        if put == Put::Stored {
            self.inner.soonest.tell(due);
        }
        Ok(put)
    }

    /// When the next of the jobs that were stored through this handle or a clone of it is due.
    pub fn soonest(&self) -> &Soonest {
        &self.inner.soonest
    }

    /// Moves a schedule that is due at `from` to another time, if nobody holds it. False when it was not there.
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

    /// Takes due jobs that nobody holds under a lease by the database's clock, the earliest first. Several
    /// schedulers at once never take the same.
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

    /// Deletes what fired for the last time and moves the rest to its next time. Returns how many were
    /// still the owner's.
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

    /// Gives claimed jobs back, unpublished: nobody claims them for `pause`, by the database's clock, so
    /// that what cannot be published is not in the way of what can. Returns how many were still the owner's.
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

    /// In the order of their keys, after `filter.after`. Reads no body.
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
            values.extend([Value::Text(Some(after.tenant.as_str())), Value::Text(Some(&after.id))]);
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

    /// False when there was none. What it has published already goes its way; to stop that, and any
    /// one-shot job, use [`Store::cancel`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_job(&self, key: &Key) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        Ok(!self.inner.db.writer().query(DELETE, &key_values(key)).await?.is_empty())
    }

    /// When the first job is due of those that are due after `after`: one look into an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        const NEXT: &str = "SELECT due_at FROM jobs WHERE due_at > $1 ORDER BY due_at LIMIT 1";
        let rows = self.inner.db.reader().query(NEXT, &[Value::Int(Some(after.as_micros()))]).await?;
        rows.first().map(|row| Ok(Timestamp::from_micros(get(row, "due_at")?))).transpose()
    }
}

fn key_values(key: &Key) -> [Value<'_>; 2] {
    [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))]
}

fn owned_group<'a>(jobs: impl ExactSizeIterator<Item = (&'a Key, &'a [u8; 16])> + Clone) -> Group<'a> {
    let owners = jobs.clone().map(|(_, owner)| owner.as_slice());
    keys_group(jobs.map(|(key, _)| key)).bytes("owner", owners)
}

fn job_of(row: &QueryResult) -> Result<Job, StoreError> {
    let summary = summary_of(row)?;
    Ok(Job {
        key: summary.key,
        kind: summary.kind,
        lane: summary.lane,
        channel: summary.channel,
        recipient_mask: summary.recipient_mask,
        body: get(row, "body")?,
        content: summary.content,
        epoch: summary.epoch,
        seq: summary.seq,
        attempt: summary.attempt,
        carried: get(row, "carried")?,
        due_at: summary.due_at,
        expires_at: summary.expires_at,
        max_lateness_seconds: summary.max_lateness_seconds,
        created_at: summary.created_at,
        last_fired_at: summary.last_fired_at,
    })
}

fn summary_of(row: &QueryResult) -> Result<JobSummary, StoreError> {
    let kind = match get::<Option<String>>(row, "cron")? {
        None => JobKind::OneShot,
        Some(cron) => JobKind::Cron { cron, zone: get(row, "zone")?, name: get(row, "name")? },
    };
    let channel = get::<Option<String>>(row, "channel")?;
    let seconds = get::<Option<i64>>(row, "max_lateness_seconds")?;
    Ok(JobSummary {
        key: key_of(row)?,
        kind,
        lane: Lane::parse(&get::<String>(row, "lane")?).ok_or_else(|| unreadable("lane"))?,
        channel: channel.map(|name| ChannelName::parse(&name)).transpose().map_err(|_| unreadable("channel"))?,
        recipient_mask: get(row, "recipient_mask")?,
        content: content_of(row, "content")?.ok_or_else(|| unreadable("content"))?,
        epoch: count_of(row, "epoch")?,
        seq: count_of(row, "seq")?,
        attempt: count_of(row, "attempt")?,
        due_at: Timestamp::from_micros(get(row, "due_at")?),
        expires_at: time_of(row, "expires_at")?,
        max_lateness_seconds: seconds.and_then(|seconds| u64::try_from(seconds).ok()),
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        last_fired_at: time_of(row, "last_fired_at")?,
    })
}
