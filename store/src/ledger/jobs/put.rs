//! Stores jobs in groups: new ones are inserted, those with a higher seq replaced, the rest explained.

use std::collections::HashMap;

use domain::Key;

use super::job::{Job, Put};
use super::row::jobs_group;
use crate::error::StoreError;
use crate::sql::{Line, Session, content_of, get, key_of, keys_group};

/// How often one put looks at a job that other processes keep deleting and storing.
const MAX_ROUNDS: usize = 8;

/// Commits a group of puts: inserts jobs that are new and not cancelled, replaces those that have a lower seq, and
/// explains the rest.
pub(crate) async fn commit(line: &mut Line, jobs: &[Job]) -> Result<Vec<Put>, StoreError> {
    let mut session = line.session().await?;
    let answers = put(&mut session, jobs).await?;
    line.keep(session);
    Ok(answers)
}

/// Does so in any session, with jobs in the order of their keys.
pub(crate) async fn put(session: &mut Session, jobs: &[Job]) -> Result<Vec<Put>, StoreError> {
    let mut answers: HashMap<&Key, Put> = HashMap::with_capacity(jobs.len());
    for _ in 0..MAX_ROUNDS {
        for sql in [INSERT, REPLACE] {
            let open: Vec<&Job> = jobs.iter().filter(|job| !answers.contains_key(&job.key)).collect();
            let stored = session.query_group(sql, &jobs_group(&open)).await?;
            for key in stored.iter().map(key_of).collect::<Result<Vec<_>, _>>()? {
                answers.extend(find(&open, &key).map(|job| (&job.key, Put::Stored)));
            }
        }
        let open: Vec<&Job> = jobs.iter().filter(|job| !answers.contains_key(&job.key)).collect();
        answers.extend(explain(session, &open).await?);
        if answers.len() == jobs.len() {
            break;
        }
    }
    let contended = || StoreError::Unavailable("another process keeps changing the same job".into());
    jobs.iter().map(|job| answers.get(&job.key).copied().ok_or_else(contended)).collect()
}

const INSERT: &str = "INSERT INTO jobs (tenant, id, cron, zone, name, lane, channel, recipient_mask, body, content, \
     epoch, seq, attempt, carried, due_at, expires_at, max_lateness_seconds, created_at, last_fired_at) \
     SELECT u.tenant, u.id, u.cron, u.zone, u.name, u.lane, u.channel, u.recipient_mask, u.body, u.content, \
     u.epoch, u.seq, u.attempt, u.carried, u.due_at, u.expires_at, u.max_lateness_seconds, u.created_at, \
     u.last_fired_at FROM {u} \
     WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.tenant = u.tenant AND d.id = u.id \
     AND d.state = 'cancelled') ON CONFLICT (tenant, id) DO NOTHING RETURNING tenant, id";

/// Replaces a job by the same delivery with a higher (epoch, seq), which was throttled beyond the tiers. This ends the
/// lease of the job: a scheduler that has claimed the older job must not delete the newer one.
const REPLACE: &str = "UPDATE jobs SET lane = u.lane, channel = u.channel, recipient_mask = u.recipient_mask, \
     body = u.body, epoch = u.epoch, seq = u.seq, attempt = u.attempt, carried = u.carried, due_at = u.due_at, \
     expires_at = u.expires_at, max_lateness_seconds = u.max_lateness_seconds, lease_owner = NULL, lease_until = 0 \
     FROM {u} WHERE jobs.tenant = u.tenant AND jobs.id = u.id AND jobs.cron IS NULL AND u.cron IS NULL \
     AND jobs.content = u.content AND (jobs.epoch, jobs.seq) < (u.epoch, u.seq) RETURNING jobs.tenant, jobs.id";

/// Says why these jobs were neither inserted nor replaced. A job that was deleted meanwhile is not among the answers.
async fn explain<'a>(session: &mut Session, jobs: &[&'a Job]) -> Result<Vec<(&'a Key, Put)>, StoreError> {
    const READ: &str = "SELECT u.tenant, u.id, jobs.content, d.state FROM {u} \
         LEFT JOIN jobs ON jobs.tenant = u.tenant AND jobs.id = u.id \
         LEFT JOIN deliveries AS d ON d.tenant = u.tenant AND d.id = u.id AND d.state = 'cancelled'";
    let mut found = Vec::new();
    for row in &session.query_group(READ, &keys_group(jobs.iter().map(|job| &job.key))).await? {
        let key = key_of(row)?;
        let Some(job) = find(jobs, &key) else { continue };
        let cancelled = get::<Option<String>>(row, "state")?.is_some();
        let put = match content_of(row, "content")? {
            Some(content) if content != job.content => Put::Conflict,
            Some(_) => Put::Known,
            None if cancelled => Put::Cancelled,
            None => continue,
        };
        found.push((&job.key, put));
    }
    Ok(found)
}

/// Finds the job of a key, by halving: the writer sorts its groups by key.
fn find<'a>(jobs: &[&'a Job], key: &Key) -> Option<&'a Job> {
    jobs.binary_search_by(|job| job.key.cmp(key)).ok().map(|at| jobs[at])
}
