//! What a job could not do, letter by letter.

use domain::Timestamp;
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, get, time_of};
use crate::store::Store;

/// A letter with which a job has not done what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedLetter {
    /// Its name; of a close `row ` and the id.
    pub letter: String,
    /// The id of its delivery.
    pub id: String,
    pub lane: String,
    pub channel: String,
    pub provider: String,
    /// `failed`, `missing`, `unclear` or `left_out`.
    pub state: String,
    pub why: String,
    /// When that was found. None of what was left out from the beginning.
    pub at: Option<Timestamp>,
}

impl Store {
    /// The letters of a job with which it has not done what was asked for, in the order of their names and from behind
    /// `after` on, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failed_letters(&self, job: &str, after: &str, limit: u32) -> Result<Vec<FailedLetter>, StoreError> {
        const READ: &str = "SELECT i.letter, i.id, i.lane, i.channel, i.provider, i.state, i.why, i.at \
             FROM letter_job_items AS i WHERE i.job = $1 AND i.letter > $2 \
             AND i.state IN ('failed', 'missing', 'unclear', 'left_out') ORDER BY i.letter LIMIT $3";
        let values = [Value::Text(Some(job)), Value::Text(Some(after)), Value::Int(Some(i64::from(limit)))];
        self.inner.db.reader().query(READ, &values).await?.iter().map(failed_of).collect()
    }
}

fn failed_of(row: &QueryResult) -> Result<FailedLetter, StoreError> {
    Ok(FailedLetter {
        letter: get(row, "letter")?,
        id: get(row, "id")?,
        lane: get(row, "lane")?,
        channel: get(row, "channel")?,
        provider: get(row, "provider")?,
        state: get(row, "state")?,
        why: get(row, "why")?,
        at: time_of(row, "at")?,
    })
}
