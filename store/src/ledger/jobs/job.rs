//! A job, what a list shows of it, and what its moves answer.

use std::ops::Deref;

use domain::{ChannelName, Content, Key, Lane, Tenant, Timestamp, mask};
use uuid::Uuid;

/// When a paused schedule is due: at the end of the index on due times, so that whoever looks for what is due never meets
/// it, however many there are.
pub(super) const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// What a job publishes when it is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobKind {
    /// The job is the delivery itself: same id, headers and seq.
    OneShot,
    /// Every fire publishes a delivery of its own.
    Cron {
        cron: String,
        /// The name of the zone in the IANA time zone database.
        zone: String,
        name: Option<String>,
    },
}

/// A job as it is stored. Until it is published, the ledger has the only copy of its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    pub summary: JobSummary,
    pub body: Vec<u8>,
    /// JSON that only the scheduler reads: the publisher's headers and properties to publish with, and whose the job
    /// is. Empty when there is nothing of that.
    pub carried: Vec<u8>,
}

/// Whoever has a job reads in it what a list shows of it.
impl Deref for Job {
    type Target = JobSummary;

    fn deref(&self) -> &JobSummary {
        &self.summary
    }
}

/// Shows no body, because it may hold personal data.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let JobSummary { key, kind, lane, due_at, .. } = &self.summary;
        f.debug_struct("Job")
            .field("key", key)
            .field("kind", kind)
            .field("lane", lane)
            .field("due_at", due_at)
            .finish_non_exhaustive()
    }
}

/// Who has paused a schedule, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobPause {
    pub since: Timestamp,
    pub by: String,
    pub why: String,
}

/// What a list reads of a job: everything but its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobSummary {
    pub key: Key,
    pub kind: JobKind,
    pub lane: Lane,
    /// None for a job that was stored before the ledger had this column.
    pub channel: Option<ChannelName>,
    /// The mask that the row of the delivery has too. None for a job that was stored before the ledger had this column.
    pub recipient_mask: Option<String>,
    pub content: Content,
    pub epoch: u32,
    pub seq: u32,
    pub attempt: u32,
    /// When the job is due next: at the end of all times while it is paused.
    pub due_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub max_lateness_seconds: Option<u64>,
    pub created_at: Timestamp,
    /// The scheduled time of the last fire of a recurring job.
    pub last_fired_at: Option<Timestamp>,
    /// None for one that runs.
    pub paused: Option<JobPause>,
}

impl JobSummary {
    /// A job that has not fired and was not attempted, on the normal lane and without a limit in time, to a destination
    /// on its channel.
    pub fn new(
        key: Key,
        kind: JobKind,
        (channel, destination): (ChannelName, &str),
        content: Content,
        due_at: Timestamp,
        created_at: Timestamp,
    ) -> Self {
        Self {
            key,
            kind,
            lane: Lane::Normal,
            channel: Some(channel),
            recipient_mask: Some(mask(destination)),
            content,
            epoch: 0,
            seq: 0,
            attempt: 0,
            due_at,
            expires_at: None,
            max_lateness_seconds: None,
            created_at,
            last_fired_at: None,
            paused: None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// The job is new, or has replaced one with a lower (epoch, seq).
    Stored,
    /// The id is known with the same content, and with an (epoch, seq) that is not lower.
    Known,
    /// The id is known with another content.
    Conflict,
    /// The delivery was cancelled before its job arrived.
    Cancelled,
}

/// A claimed job whose publish was confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinishedJob {
    pub key: Key,
    pub owner: Uuid,
    /// When the job fires again. None deletes the job.
    pub next: Option<Timestamp>,
}

/// Which jobs to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilter {
    pub tenant: Option<Tenant>,
    /// True lists only recurring jobs, false only one-shot ones.
    pub recurring: Option<bool>,
    pub after: Option<Key>,
    /// 1 to 1,000; 0 stands for 100.
    pub limit: u32,
}

/// Jobs in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobPage {
    pub jobs: Vec<JobSummary>,
    /// Whether there are jobs after these.
    pub more: bool,
}
