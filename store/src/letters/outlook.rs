//! What is worth knowing of a plan before it is started: what has changed since it was made, what may be sent twice, some
//! of its letters, and who else is at them. All but the samples looks at every letter of the plan.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;

use super::list::condition;
use super::{LetterAction, LetterFilter};
use crate::error::StoreError;
use crate::sql::{Session, Value, count_of, get, time_of, unreadable};
use crate::store::Store;

/// The most letters that are shown as samples.
const SAMPLES: u32 = 25;
/// The most others who are named.
const OTHERS: u32 = 20;
/// Postgres ends a statement after this time.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is worth knowing of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outlook {
    /// Letters that fit what was asked for, and have come since the plan was made: they are not in it.
    pub newcomers: u32,
    /// Letters of the plan that the last reading did not meet any more.
    pub gone: u32,
    /// Letters of deliveries of which an attempt may have gone out without our knowing: what is sent may be a duplicate.
    pub maybe_sent: u32,
    pub samples: Vec<LetterSample>,
    /// Who else is at these letters.
    pub others: Vec<AtIt>,
}

/// A letter of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterSample {
    pub letter: String,
    pub id: String,
    pub channel: String,
    pub reason: String,
    pub error: String,
}

/// Somebody who is at the letters of a plan, too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtIt {
    pub who: String,
    /// The action of a plan or job. None of who has acknowledged a group.
    pub action: Option<LetterAction>,
    /// The id of the plan or job, or the group.
    pub what: String,
    pub since: Timestamp,
    /// How many of the letters.
    pub letters: u32,
}

impl Store {
    /// What is worth knowing of a plan of a tenant. `filter` is which letters it was made for, where that is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_outlook(
        &self,
        tenant: &Tenant,
        job: &str,
        action: LetterAction,
        filter: Option<&LetterFilter>,
    ) -> Result<Outlook, StoreError> {
        let mut session = self.inner.db.hasty_reader(TIMEOUT).await?;
        let mut outlook = Outlook { others: jobs_at_it(&mut session, tenant, job).await?, ..Outlook::default() };
        if action.is_of_the_queue() {
            outlook.others.extend(minders(&mut session, tenant, job).await?);
            if let Some(filter) = filter {
                outlook.newcomers = newcomers(&mut session, job, filter).await?;
            }
            outlook.gone = gone(&mut session, job).await?;
            if action.sends() {
                outlook.maybe_sent = maybe_sent(&mut session, job).await?;
            }
            outlook.samples = samples(&mut session, job).await?;
        }
        session.commit().await?;
        Ok(outlook)
    }

    /// Some of the letters that a plan would begin and that are there yet: at most 25.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_samples(&self, job: &str) -> Result<Vec<LetterSample>, StoreError> {
        let mut session = self.inner.db.page_reader().await?;
        let samples = samples(&mut session, job).await?;
        session.commit().await?;
        Ok(samples)
    }
}

async fn newcomers(session: &mut Session, job: &str, filter: &LetterFilter) -> Result<u32, StoreError> {
    let mut values = vec![Value::Text(Some(job))];
    let condition = condition(filter, &mut values);
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(l.copies), 0) AS BIGINT) AS letters FROM letters AS l WHERE {condition} \
         AND NOT EXISTS (SELECT 1 FROM letter_job_items AS i WHERE i.job = $1 AND i.letter = l.letter)"
    );
    counted(session, &sql, &values).await
}

async fn gone(session: &mut Session, job: &str) -> Result<u32, StoreError> {
    const GONE: &str = "SELECT CAST(COALESCE(SUM(i.copies - i.moved), 0) AS BIGINT) AS letters \
         FROM letter_job_items AS i WHERE i.job = $1 AND i.state = 'pending' \
         AND NOT EXISTS (SELECT 1 FROM letters AS l WHERE l.letter = i.letter)";
    counted(session, GONE, &[Value::Text(Some(job))]).await
}

async fn maybe_sent(session: &mut Session, job: &str) -> Result<u32, StoreError> {
    const MAYBE: &str = "SELECT COUNT(*) AS letters FROM letter_job_items AS i \
         JOIN deliveries AS d ON d.tenant = i.tenant AND d.id = i.id \
         WHERE i.job = $1 AND i.state = 'pending' AND d.ambiguous";
    counted(session, MAYBE, &[Value::Text(Some(job))]).await
}

async fn counted(session: &mut Session, sql: &str, values: &[Value<'_>]) -> Result<u32, StoreError> {
    session.query(sql, values).await?.first().map_or(Ok(0), |row| count_of(row, "letters"))
}

async fn samples(session: &mut Session, job: &str) -> Result<Vec<LetterSample>, StoreError> {
    let sql = format!(
        "SELECT l.letter, l.id, l.channel, l.reason, l.error FROM letter_job_items AS i \
         JOIN letters AS l ON l.letter = i.letter WHERE i.job = $1 AND i.state = 'pending' ORDER BY i.letter \
         LIMIT {SAMPLES}"
    );
    session.query(&sql, &[Value::Text(Some(job))]).await?.iter().map(sample_of).collect()
}

/// Jobs that have some of the letters or twins of them, and plans that may still be started.
async fn jobs_at_it(session: &mut Session, tenant: &Tenant, job: &str) -> Result<Vec<AtIt>, StoreError> {
    let open = format!(
        "j.id <> $1 AND j.tenant = $2 AND (j.state IN ('running', 'paused') \
         OR (j.state = 'planned' AND j.made_at > {{now}} - {}))",
        3_600_000_000_i64
    );
    let values = [Value::Text(Some(job)), Value::Text(Some(tenant.as_str()))];
    // Mostly nobody else is there, and the letters need not be looked at.
    let some = session.query(&format!("SELECT j.id FROM letter_jobs AS j WHERE {open} LIMIT 1"), &values).await?;
    if some.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT j.id AS what, j.action, COALESCE(j.started_by, j.made_by) AS who, \
         COALESCE(j.started_at, j.made_at) AS since, COUNT(*) AS letters FROM \
         (SELECT i.letter, o.job FROM letter_job_items AS i JOIN letter_job_items AS o ON o.letter = i.letter \
         WHERE i.job = $1 AND o.job <> $1 AND o.state IN ('pending', 'taken') \
         UNION SELECT i.letter, o.job FROM letter_job_items AS i JOIN letter_job_items AS o \
         ON o.tenant = i.tenant || '' AND o.id = i.id AND o.epoch = i.epoch \
         WHERE i.job = $1 AND i.id <> '' AND o.job <> $1 AND o.state IN ('pending', 'taken')) AS a \
         JOIN letter_jobs AS j ON j.id = a.job WHERE {open} \
         GROUP BY j.id, j.action, j.started_by, j.made_by, j.started_at, j.made_at ORDER BY 5 DESC, 1 LIMIT {OTHERS}"
    );
    session.query(&sql, &values).await?.iter().map(at_it_of).collect()
}

/// Who has acknowledged groups of the letters.
async fn minders(session: &mut Session, tenant: &Tenant, job: &str) -> Result<Vec<AtIt>, StoreError> {
    let sql = format!(
        "SELECT g.fingerprint AS what, NULL AS action, g.changed_by AS who, g.changed_at AS since, c.letters \
         FROM letter_groups AS g JOIN (SELECT fingerprint, CAST(SUM(copies) AS BIGINT) AS letters \
         FROM letter_job_items WHERE job = $1 GROUP BY fingerprint) AS c ON c.fingerprint = g.fingerprint \
         WHERE g.tenant = $2 AND g.life = 'acknowledged' ORDER BY 5 DESC, 1 LIMIT {OTHERS}"
    );
    let values = [Value::Text(Some(job)), Value::Text(Some(tenant.as_str()))];
    session.query(&sql, &values).await?.iter().map(at_it_of).collect()
}

fn sample_of(row: &QueryResult) -> Result<LetterSample, StoreError> {
    Ok(LetterSample {
        letter: get(row, "letter")?,
        id: get(row, "id")?,
        channel: get(row, "channel")?,
        reason: get(row, "reason")?,
        error: get(row, "error")?,
    })
}

fn at_it_of(row: &QueryResult) -> Result<AtIt, StoreError> {
    let action: Option<String> = get(row, "action")?;
    Ok(AtIt {
        who: get::<Option<String>>(row, "who")?.unwrap_or_default(),
        action: action.map(|action| LetterAction::parse(&action).ok_or_else(|| unreadable("action"))).transpose()?,
        what: get(row, "what")?,
        since: time_of(row, "since")?.ok_or_else(|| unreadable("since"))?,
        letters: count_of(row, "letters")?,
    })
}
