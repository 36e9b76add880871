//! Letters that were taken out of the queue, kept with their bodies until the retention is over.

use domain::{Tenant, Timestamp};

use super::Item;
use super::work::items_group;
use crate::error::StoreError;
use crate::sql::{Group, Value, get};
use crate::store::Store;

/// A letter that was dropped, as it is to be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archived {
    pub item: Item,
    pub tenant: Tenant,
    /// Everything of it but its body.
    pub kept: Vec<u8>,
    pub body: Vec<u8>,
}

impl Store {
    /// Keeps letters that are about to be taken out of the queue.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn archive_letters(&self, letters: &[Archived], now: Timestamp) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO archived_letters (letter, tenant, job, kept, body, at) \
             SELECT u.letter, u.tenant, u.job, u.kept, u.body, u.now FROM {u} WHERE TRUE \
             ON CONFLICT (letter) DO UPDATE SET job = excluded.job";
        let group = Group::of(letters.len())
            .text("letter", letters.iter().map(|one| one.item.letter.as_str()))
            .text("tenant", letters.iter().map(|one| one.tenant.as_str()))
            .text("job", letters.iter().map(|one| one.item.job.as_str()))
            .bytes("kept", letters.iter().map(|one| one.kept.as_slice()))
            .bytes("body", letters.iter().map(|one| one.body.as_slice()))
            .int("now", letters.iter().map(|_| now.as_micros()));
        self.inner.db.writer().query_group(INSERT, &group).await.map(drop)
    }

    /// Letters that running jobs are to put back, at most `limit`. An item whose letter is not kept any more is closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters_to_restore(&self, limit: u32, now: Timestamp) -> Result<Vec<Archived>, StoreError> {
        const CLOSE: &str = "UPDATE letter_job_items SET state = 'missing', why = 'not_kept', at = $1 \
             WHERE state IN ('pending', 'taken') AND job IN (SELECT id FROM letter_jobs WHERE state = 'running' \
             AND action = 'restore') AND NOT EXISTS (SELECT 1 FROM archived_letters AS a \
             WHERE a.letter = letter_job_items.letter)";
        const READ: &str = "SELECT i.letter, i.job, a.tenant, a.kept, a.body FROM letter_jobs AS j \
             JOIN letter_job_items AS i ON i.job = j.id JOIN archived_letters AS a ON a.letter = i.letter \
             WHERE j.state = 'running' AND j.action = 'restore' AND i.state IN ('pending', 'taken') \
             ORDER BY j.started_at, j.id, i.letter LIMIT $1";
        self.inner.db.writer().query(CLOSE, &[Value::Int(Some(now.as_micros()))]).await?;
        let rows = self.inner.db.reader().query(READ, &[Value::Int(Some(i64::from(limit)))]).await?;
        let archived = |row| {
            let tenant: String = get(row, "tenant")?;
            Ok(Archived {
                item: Item { letter: get(row, "letter")?, job: get(row, "job")? },
                tenant: Tenant::parse(&tenant).unwrap_or_default(),
                kept: get(row, "kept")?,
                body: get(row, "body")?,
            })
        };
        rows.iter().map(archived).collect()
    }

    /// Notes that letters are in the queue again, and keeps them no longer.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn restored_letters(&self, items: &[Item], now: Timestamp) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM archived_letters WHERE letter IN (SELECT u.letter FROM {u})";
        const END: &str = "UPDATE letter_job_items SET state = 'done', why = '', at = u.now FROM {u} \
             WHERE letter_job_items.job = u.job AND letter_job_items.letter = u.letter";
        let group = items_group(items, now);
        let mut session = self.inner.db.begin().await?;
        session.query_group(DELETE, &group).await?;
        session.query_group(END, &group).await?;
        session.commit().await
    }

    /// Forgets one plan or job that was made before this and has ended, with what it has dropped. False when there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_letter_job(&self, before: Timestamp) -> Result<bool, StoreError> {
        const FIND: &str = "SELECT id FROM letter_jobs WHERE made_at < $1 AND (ended_at < $1 OR state = 'planned') \
             ORDER BY made_at LIMIT 1";
        self.forget_one(FIND, before).await
    }

    /// Forgets one plan that was made before this and that nobody has started. False when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_letter_plan(&self, before: Timestamp) -> Result<bool, StoreError> {
        const FIND: &str =
            "SELECT id FROM letter_jobs WHERE made_at < $1 AND state = 'planned' ORDER BY made_at LIMIT 1";
        self.forget_one(FIND, before).await
    }

    async fn forget_one(&self, find: &str, before: Timestamp) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        let found = session.query(find, &[Value::Int(Some(before.as_micros()))]).await?;
        let Some(found) = found.first() else { return Ok(false) };
        let id: String = get(found, "id")?;
        let tables =
            [("archived_letters", "job"), ("letter_edits", "job"), ("letter_job_items", "job"), ("letter_jobs", "id")];
        for (table, column) in tables {
            let delete = format!("DELETE FROM {table} WHERE {column} = $1");
            session.query(&delete, &[Value::Text(Some(&id))]).await?;
        }
        session.commit().await?;
        Ok(true)
    }
}
