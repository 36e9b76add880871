//! A job as columns, and back.

use domain::{ChannelName, Lane, Timestamp};
use sea_orm::QueryResult;

use super::job::{Job, JobKind, JobPause, JobSummary};
use crate::error::StoreError;
use crate::sql::{Group, content_of, count_of, get, key_of, time_of, unreadable};

/// The columns that [`summary_of`] reads.
pub(crate) const SUMMARY: &str = "jobs.tenant, jobs.id, jobs.cron, jobs.zone, jobs.name, jobs.lane, jobs.channel, \
     jobs.recipient_mask, jobs.content, jobs.epoch, jobs.seq, jobs.attempt, jobs.due_at, jobs.expires_at, \
     jobs.max_lateness_seconds, jobs.created_at, jobs.last_fired_at, jobs.paused_at, jobs.paused_by, jobs.paused_why";

/// The columns that [`job_of`] reads besides: they may have a MiB and more.
pub(crate) const MESSAGE: &str = "jobs.body, jobs.carried";

pub(crate) fn job_of(row: &QueryResult) -> Result<Job, StoreError> {
    Ok(Job { summary: summary_of(row)?, body: get(row, "body")?, carried: get(row, "carried")? })
}

pub(crate) fn summary_of(row: &QueryResult) -> Result<JobSummary, StoreError> {
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
        paused: pause_of(row)?,
    })
}

fn pause_of(row: &QueryResult) -> Result<Option<JobPause>, StoreError> {
    let Some(since) = time_of(row, "paused_at")? else { return Ok(None) };
    let text = |name| Ok::<_, StoreError>(get::<Option<String>>(row, name)?.unwrap_or_default());
    Ok(Some(JobPause { since, by: text("paused_by")?, why: text("paused_why")? }))
}

/// The group of these jobs, with all columns.
pub(crate) fn jobs_group<'a>(jobs: &[&'a Job]) -> Group<'a> {
    let each = || jobs.iter().copied();
    let cron = |job: &'a Job| match &job.kind {
        JobKind::OneShot => (None, None, None),
        JobKind::Cron { cron, zone, name } => (Some(cron.as_str()), Some(zone.as_str()), name.as_deref()),
    };
    let seconds = |job: &Job| job.max_lateness_seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    Group::of(jobs.len())
        .text("tenant", each().map(|job| job.key.tenant.as_str()))
        .text("id", each().map(|job| job.key.id.as_str()))
        .text("cron", each().map(|job| cron(job).0))
        .text("zone", each().map(|job| cron(job).1))
        .text("name", each().map(|job| cron(job).2))
        .text("lane", each().map(|job| job.lane.as_str()))
        .text("channel", each().map(|job| job.channel.as_ref().map(ChannelName::as_str)))
        .text("recipient_mask", each().map(|job| job.recipient_mask.as_deref()))
        .bytes("body", each().map(|job| job.body.as_slice()))
        .bytes("content", each().map(|job| job.content.as_slice()))
        .int("epoch", each().map(|job| i64::from(job.epoch)))
        .int("seq", each().map(|job| i64::from(job.seq)))
        .int("attempt", each().map(|job| i64::from(job.attempt)))
        .bytes("carried", each().map(|job| job.carried.as_slice()))
        .int("due_at", each().map(|job| job.due_at.as_micros()))
        .int("expires_at", each().map(|job| job.expires_at.map(Timestamp::as_micros)))
        .int("max_lateness_seconds", each().map(seconds))
        .int("created_at", each().map(|job| job.created_at.as_micros()))
        .int("last_fired_at", each().map(|job| job.last_fired_at.map(Timestamp::as_micros)))
}
