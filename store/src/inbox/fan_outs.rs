//! How far the members of a topic are told of a message: a scheduler that was killed goes on where it was.

use domain::{Key, Timestamp};

use crate::error::StoreError;
use crate::sql::{Value, get, key_values, time_of, unreadable};
use crate::store::Store;

/// How far a message to a topic is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FanOut {
    /// Everybody up to this one was told, in the order of their ids. Empty before the first.
    pub member: String,
    /// How many were told.
    pub told: i64,
    /// When all were told.
    pub ended_at: Option<Timestamp>,
}

impl Store {
    /// Begins to tell the members of a topic, or says how far that is.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn begin_fan_out(&self, key: &Key, now: Timestamp) -> Result<FanOut, StoreError> {
        const BEGIN: &str = "INSERT INTO fan_outs (tenant, id, member, told, began_at) VALUES ($1, $2, '', 0, $3) \
                             ON CONFLICT (tenant, id) DO NOTHING";
        const READ: &str = "SELECT member, told, ended_at FROM fan_outs WHERE tenant = $1 AND id = $2";
        let [tenant, id] = key_values(key);
        let mut session = self.inner.db.writer();
        session.query(BEGIN, &[tenant, id, Value::Int(Some(now.as_micros()))]).await?;
        let rows = session.query(READ, &[tenant, id]).await?;
        let row = rows.first().ok_or_else(|| unreadable("member"))?;
        Ok(FanOut { member: get(row, "member")?, told: get(row, "told")?, ended_at: time_of(row, "ended_at")? })
    }

    /// Notes that everybody up to `member` was told, `more` of them since the last time. Of several who tell the same, the one
    /// that is furthest counts.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn note_fan_out(&self, key: &Key, member: &str, more: usize) -> Result<(), StoreError> {
        const NOTE: &str = "UPDATE fan_outs SET member = $3, told = told + $4 \
                            WHERE tenant = $1 AND id = $2 AND member < $3";
        let [tenant, id] = key_values(key);
        let more = Value::Int(Some(i64::try_from(more).unwrap_or(i64::MAX)));
        self.inner.db.writer().query(NOTE, &[tenant, id, Value::Text(Some(member)), more]).await.map(drop)
    }

    /// Notes that everybody was told.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn end_fan_out(&self, key: &Key, now: Timestamp) -> Result<(), StoreError> {
        const END: &str = "UPDATE fan_outs SET ended_at = $3 WHERE tenant = $1 AND id = $2 AND ended_at IS NULL";
        let [tenant, id] = key_values(key);
        self.inner.db.writer().query(END, &[tenant, id, Value::Int(Some(now.as_micros()))]).await.map(drop)
    }

    /// Forgets messages to topics that ended before then, at most `limit`: a copy that comes later finds that each member has
    /// been told already. One that began before then and never ended, because its message became a dead letter, goes once
    /// its delivery is forgotten; while its letter is in the queue somebody may move it, and it goes on where it was.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_fan_outs(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        let forget = format!(
            "DELETE FROM fan_outs WHERE (tenant, id) IN (SELECT f.tenant, f.id FROM fan_outs AS f WHERE f.ended_at < $1 \
             OR (f.ended_at IS NULL AND f.began_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.tenant = f.tenant AND d.id = f.id) \
             AND NOT EXISTS (SELECT 1 FROM letters AS l WHERE l.tenant = f.tenant AND l.id = f.id)) \
             LIMIT {limit}) RETURNING id"
        );
        let values = [Value::Int(Some(before.as_micros()))];
        Ok(self.inner.db.writer().query(&forget, &values).await?.len())
    }
}
