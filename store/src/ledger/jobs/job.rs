//! A job, what a list shows of it, and what its moves answer.

use domain::{ChannelName, Content, Key, Lane, Tenant, Timestamp};
use uuid::Uuid;

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
    /// None where the job was stored before the ledger kept its channel.
    pub channel: Option<ChannelName>,
    /// The mask that the row of the delivery has too. None where the job was stored before the ledger kept it.
    pub recipient_mask: Option<String>,
    pub body: Vec<u8>,
    pub content: Content,
    pub epoch: u32,
    pub seq: u32,
    pub attempt: u32,
    /// The scheduler's own JSON: the publisher's headers and properties to publish with, and whose the job is. The
    /// store does not read it. It is empty where there is nothing of that.
    pub carried: Vec<u8>,
    /// When it is due next.
    pub due_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub max_lateness_seconds: Option<u64>,
    pub created_at: Timestamp,
    /// The scheduled time of the last fire of a recurring job.
    pub last_fired_at: Option<Timestamp>,
}

/// Shows no body: it may hold personal data.
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

/// What a list reads of a job: everything but its message.
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
    /// The job is new, or has taken the place of one with a lower (epoch, seq).
    Stored,
    /// The id is known with the same content, and with an (epoch, seq) that is not lower.
    Known,
    /// The id is known with another content.
    Conflict,
    /// The delivery was cancelled before its job came.
    Cancelled,
}

/// A claimed job whose publish was confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinishedJob {
    pub key: Key,
    pub owner: Uuid,
    /// When the job fires again. None deletes it.
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
    /// There are jobs after these.
    pub more: bool,
}
