//! The letters of one id, whether a delivery of it is known or not: those of the queue, and those that were taken out of it
//! and are kept; and which job is at them.

use domain::{Key, Timestamp};
use sea_orm::QueryResult;

use super::list::{COLUMNS, letter_of};
use super::work::action_of;
use super::{IndexedLetter, LetterAction};
use crate::error::StoreError;
use crate::sql::{Value, count_of, get, time_of};
use crate::store::Store;

/// A letter that a job has taken out of the queue, and that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenLetter {
    /// Its name.
    pub letter: String,
    /// How often it was moved before.
    pub epoch: u32,
    pub channel: String,
    pub fingerprint: String,
    /// Of its group, here and below; empty where that is not known.
    pub reason: String,
    /// The words of its error that its group has in common.
    pub words: String,
    pub job: String,
    pub action: LetterAction,
    /// Who has started the job, and why.
    pub by: String,
    pub why: String,
    /// When it was taken.
    pub at: Timestamp,
}

/// What a job has to do with the letter of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterWork {
    pub job: String,
    pub action: LetterAction,
    /// Who has started the job, and why.
    pub by: String,
    pub why: String,
    /// When it has published the letter again. None while it has not done its work yet.
    pub moved_at: Option<Timestamp>,
}

impl Store {
    /// The letters of an id as they were last read, at most `limit`: those that died last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters_of(&self, key: &Key, limit: usize) -> Result<Vec<IndexedLetter>, StoreError> {
        // The sum keeps every planner from reading the letters of the tenant in their order until some are of this id.
        let sql = format!(
            "SELECT {COLUMNS} FROM letters AS l WHERE l.tenant = $1 AND l.id = $2 \
             ORDER BY l.dead_at + 0 DESC, l.letter DESC LIMIT {limit}"
        );
        let rows = self.inner.db.reader().query(&sql, &of_id(key)).await?;
        rows.iter().map(letter_of).collect()
    }

    /// The letters of an id that are out of the queue and kept, at most `limit`: those that were taken last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn taken_letters_of(&self, key: &Key, limit: usize) -> Result<Vec<TakenLetter>, StoreError> {
        let sql = format!(
            "SELECT i.letter, i.epoch, i.channel, i.fingerprint, COALESCE(g.reason, '') AS reason, \
             COALESCE(g.words, '') AS words, i.job, j.action, COALESCE(j.started_by, j.made_by) AS who, \
             j.why, a.at FROM letter_job_items AS i \
             JOIN archived_letters AS a ON a.letter = i.letter AND a.job = i.job JOIN letter_jobs AS j ON j.id = i.job \
             LEFT JOIN letter_groups AS g ON g.tenant = i.tenant AND g.fingerprint = i.fingerprint \
             WHERE i.tenant = $1 AND i.id = $2 AND NOT EXISTS (SELECT 1 FROM letters AS l WHERE l.letter = i.letter) \
             ORDER BY a.at + 0 DESC, i.letter DESC LIMIT {limit}"
        );
        let rows = self.inner.db.reader().query(&sql, &of_id(key)).await?;
        rows.iter().map(taken_of).collect()
    }

    /// The job that has yet to do something with the letter of a delivery that died in this epoch, or else the one that has
    /// published it again. None where there is neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_work_of(&self, key: &Key, epoch: u32) -> Result<Option<LetterWork>, StoreError> {
        const READ: &str = "SELECT i.job, j.action, COALESCE(j.started_by, j.made_by) AS who, j.why, \
             CASE WHEN i.state = 'done' THEN i.at END AS moved_at FROM letter_job_items AS i \
             JOIN letter_jobs AS j ON j.id = i.job WHERE i.tenant = $1 AND i.id = $2 AND i.epoch = $3 \
             AND ((i.state IN ('pending', 'taken') AND j.state IN ('running', 'paused')) \
             OR (i.state = 'done' AND j.action = 'replay')) \
             ORDER BY CASE WHEN i.state = 'done' THEN 1 ELSE 0 END, j.started_at DESC, i.job LIMIT 1";
        let [tenant, id] = of_id(key);
        let rows = self.inner.db.reader().query(READ, &[tenant, id, Value::Int(Some(i64::from(epoch)))]).await?;
        rows.first().map(work_of).transpose()
    }
}

fn of_id(key: &Key) -> [Value<'_>; 2] {
    [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))]
}

fn taken_of(row: &QueryResult) -> Result<TakenLetter, StoreError> {
    Ok(TakenLetter {
        letter: get(row, "letter")?,
        epoch: count_of(row, "epoch")?,
        channel: get(row, "channel")?,
        fingerprint: get(row, "fingerprint")?,
        reason: get(row, "reason")?,
        words: get(row, "words")?,
        job: get(row, "job")?,
        action: action_of(row)?,
        by: get(row, "who")?,
        why: get(row, "why")?,
        at: Timestamp::from_micros(get(row, "at")?),
    })
}

fn work_of(row: &QueryResult) -> Result<LetterWork, StoreError> {
    Ok(LetterWork {
        job: get(row, "job")?,
        action: action_of(row)?,
        by: get(row, "who")?,
        why: get(row, "why")?,
        moved_at: time_of(row, "moved_at")?,
    })
}
