//! Letters that were taken out of the queue, kept with their bodies until the retention is over.

use std::collections::{BTreeMap, HashSet};

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;

use super::Item;
use super::work::DONE;
use crate::error::StoreError;
use crate::sql::{Group, Value, count_of, get};
use crate::store::Store;

/// A letter that was dropped, as it is to be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archived {
    pub item: Item,
    pub tenant: Tenant,
    /// Everything of it but its body.
    pub kept: Vec<u8>,
    pub body: Vec<u8>,
    /// Whether it has no id: then it is kept as often as it is told, and else once.
    pub is_one_of_many: bool,
}

/// A letter that was dropped, as it is put back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptLetter {
    pub item: Item,
    /// Everything of it but its body.
    pub kept: Vec<u8>,
    pub body: Vec<u8>,
    /// How many equal ones are to be put back.
    pub copies: u32,
    /// When it was kept last. One that was kept again since is not the one that was read.
    pub kept_at: Timestamp,
}

impl Store {
    /// Keeps letters that are about to be taken out of the queue.
    ///
    /// # Errors
    /// [`StoreError`]. Repeating it keeps copies without an id once more, and is harmless for a letter with one.
    pub async fn archive_letters(&self, letters: &[Archived], now: Timestamp) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO archived_letters (letter, tenant, job, kept, body, at, copies) \
             SELECT u.letter, u.tenant, u.job, u.kept, u.body, u.now, u.copies FROM {u} WHERE TRUE \
             ON CONFLICT (letter) DO UPDATE SET job = excluded.job, at = excluded.at, \
             copies = archived_letters.copies + excluded.copies";
        // One statement writes no row twice.
        let mut copies: BTreeMap<&str, (&Archived, i64)> = BTreeMap::new();
        for one in letters {
            copies.entry(&one.item.letter).or_insert((one, 0)).1 += i64::from(one.is_one_of_many);
        }
        let each = || copies.values().map(|(one, _)| *one);
        let group = Group::of(copies.len())
            .text("letter", each().map(|one| one.item.letter.as_str()))
            .text("tenant", each().map(|one| one.tenant.as_str()))
            .text("job", each().map(|one| one.item.job.as_str()))
            .bytes("kept", each().map(|one| one.kept.as_slice()))
            .bytes("body", each().map(|one| one.body.as_slice()))
            .int("now", each().map(|_| now.as_micros()))
            .int("copies", copies.values().map(|(_, copies)| *copies));
        self.inner.db.writer().query_group(INSERT, &group).await.map(drop)
    }

    /// Letters that running jobs are to put back, at most `limit`, each for one of them: the one that was started first. An
    /// item whose letter is not kept any more is closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters_to_restore(&self, limit: u32, now: Timestamp) -> Result<Vec<KeptLetter>, StoreError> {
        const CLOSE: &str = "UPDATE letter_job_items SET state = 'missing', why = 'not_kept', at = $1 \
             WHERE state IN ('pending', 'taken') AND job IN (SELECT id FROM letter_jobs WHERE state = 'running' \
             AND action = 'restore') AND NOT EXISTS (SELECT 1 FROM archived_letters AS a \
             WHERE a.letter = letter_job_items.letter)";
        const READ: &str = "SELECT i.letter, i.job, a.kept, a.body, a.at, CASE WHEN a.copies <= 1 THEN 1 \
             WHEN i.copies - i.moved < a.copies THEN i.copies - i.moved ELSE a.copies END AS copies FROM letter_jobs AS j \
             JOIN letter_job_items AS i ON i.job = j.id JOIN archived_letters AS a ON a.letter = i.letter \
             WHERE j.state = 'running' AND j.action = 'restore' AND i.state IN ('pending', 'taken') \
             ORDER BY j.started_at, j.id, i.letter LIMIT $1";
        self.inner.db.writer().query(CLOSE, &[Value::Int(Some(now.as_micros()))]).await?;
        let rows = self.inner.db.reader().query(READ, &[Value::Int(Some(i64::from(limit)))]).await?;
        let mut kept: Vec<KeptLetter> = rows.iter().map(kept_of).collect::<Result<_, _>>()?;
        let mut known = HashSet::new();
        kept.retain(|one| known.insert(one.item.letter.clone()));
        Ok(kept)
    }

    /// Notes that letters are in the queue again, and keeps them no longer: each as often as it is named. A letter that was
    /// kept again since it was read stays: whoever keeps it again has taken what was put back out of the queue.
    ///
    /// # Errors
    /// [`StoreError`]. Repeating it counts copies twice, and is harmless for a letter with an id.
    pub async fn restored_letters(&self, letters: &[(Item, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM archived_letters WHERE letter IN (SELECT a.letter FROM {u} \
             JOIN archived_letters AS a ON a.letter = u.letter WHERE a.at = u.kept_at AND a.copies <= u.n)";
        const COUNT: &str = "UPDATE archived_letters SET copies = archived_letters.copies - u.n FROM {u} \
             WHERE archived_letters.letter = u.letter AND archived_letters.at = u.kept_at \
             AND archived_letters.copies > u.n";
        let end = format!(
            "UPDATE letter_job_items SET {DONE}, at = u.now FROM {{u}} \
             WHERE letter_job_items.job = u.job AND letter_job_items.letter = u.letter"
        );
        let group = restored_group(letters, now);
        let mut session = self.inner.db.begin_anew().await?;
        session.query_group(DELETE, &group).await?;
        session.query_group(COUNT, &group).await?;
        session.query_group(&end, &group).await?;
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
        let mut session = self.inner.db.begin_anew().await?;
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

/// A row for each letter, and how often it is named.
fn restored_group<'a>(letters: &'a [(Item, Timestamp)], now: Timestamp) -> Group<'a> {
    let mut counted: BTreeMap<(&'a Item, Timestamp), i64> = BTreeMap::new();
    for (item, kept_at) in letters {
        *counted.entry((item, *kept_at)).or_default() += 1;
    }
    let each = || counted.keys().map(|(item, _)| *item);
    Group::of(counted.len())
        .text("job", each().map(|item| item.job.as_str()))
        .text("letter", each().map(|item| item.letter.as_str()))
        .int("kept_at", counted.keys().map(|(_, kept_at)| kept_at.as_micros()))
        .int("now", each().map(|_| now.as_micros()))
        .int("n", counted.values().copied())
}

fn kept_of(row: &QueryResult) -> Result<KeptLetter, StoreError> {
    Ok(KeptLetter {
        item: Item { letter: get(row, "letter")?, job: get(row, "job")? },
        kept: get(row, "kept")?,
        body: get(row, "body")?,
        copies: count_of(row, "copies")?,
        kept_at: Timestamp::from_micros(get(row, "at")?),
    })
}
