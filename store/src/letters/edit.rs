//! What is sent in the place of a letter: letters that are opened for whoever edits them, and what became of which.

use std::collections::HashSet;

use domain::{Entry, Key, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::{Archived, Item};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Group, Session, Value, get};
use crate::store::Store;

/// The most letters in one statement: a window of a pass is two.
const GROUP: usize = 512;
/// Letters of an edit in a second: there is one.
const RATE: i64 = 1;
/// Why an edit waits whose delivery the broker has not confirmed.
const NOTE: &str = "the broker has not confirmed what was edited: edit the letter again in the same way, or cancel";

/// A letter as it lay in the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenedLetter {
    /// Everything of it but its body.
    pub kept: Vec<u8>,
    pub body: Vec<u8>,
}

/// What an operator has made of a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterEdit {
    /// The id of the delivery that is sent in its place, and of the job that keeps the letter.
    pub id: String,
    pub letter: String,
    /// What differs, as JSON, without what is personal.
    pub difference: String,
    pub why: String,
}

/// What became of the wish to edit a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reserved {
    /// No other job gets the letter until the edit is confirmed or cancelled.
    Reserved,
    /// The last reading has not met it.
    Gone,
    /// A job has it.
    InJob { job: String, by: String },
    /// What is asked for was sent in the place of this letter, which is out of the queue.
    Sent,
    /// The same, and there is a letter of this name in the queue: it was put back, or it is another copy without an id.
    SentBefore,
}

/// A letter that a job has sent by another channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirected {
    pub item: Item,
    /// The delivery that had died.
    pub of: Key,
    /// The id of the delivery that was sent in its place.
    pub id: String,
    pub difference: String,
}

/// A delivery that was sent in the place of a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditedLetter {
    pub id: String,
    /// The id of the delivery that had died.
    pub edited_from: String,
    pub letter: String,
    pub difference: String,
    pub by: String,
    pub why: String,
    pub at: Timestamp,
}

impl Store {
    /// Has a letter of the index kept by the next pass, with its body. False when the index has none.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn open_letter(&self, tenant: &Tenant, letter: &str, now: Timestamp) -> Result<bool, StoreError> {
        const OPEN: &str = "INSERT INTO opened_letters (letter, tenant, asked_at) SELECT l.letter, l.tenant, $3 \
             FROM letters AS l WHERE l.tenant = $1 AND l.letter = $2 \
             ON CONFLICT (letter) DO UPDATE SET asked_at = excluded.asked_at RETURNING letter";
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(letter)), Value::Int(Some(now.as_micros()))];
        Ok(!self.inner.db.writer().query(OPEN, &values).await?.is_empty())
    }

    /// A letter that was opened, once a pass has met it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opened_letter(&self, tenant: &Tenant, letter: &str) -> Result<Option<OpenedLetter>, StoreError> {
        const READ: &str = "SELECT kept, body FROM opened_letters WHERE tenant = $1 AND letter = $2 \
             AND kept IS NOT NULL AND body IS NOT NULL";
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(letter))];
        let rows = self.inner.db.reader().query(READ, &values).await?;
        rows.first().map(|row| Ok(OpenedLetter { kept: get(row, "kept")?, body: get(row, "body")? })).transpose()
    }

    /// A letter in whose place something was sent, and that is out of the queue. None where it is not kept any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn edited_letter(&self, tenant: &Tenant, letter: &str) -> Result<Option<OpenedLetter>, StoreError> {
        const READ: &str = "SELECT a.kept, a.body FROM archived_letters AS a WHERE a.tenant = $1 AND a.letter = $2 \
             AND EXISTS (SELECT 1 FROM letter_job_items AS i JOIN letter_edits AS e ON e.job = i.job \
             AND e.letter = i.letter WHERE i.letter = a.letter)";
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(letter))];
        let rows = self.inner.db.reader().query(READ, &values).await?;
        rows.first().map(|row| Ok(OpenedLetter { kept: get(row, "kept")?, body: get(row, "body")? })).transpose()
    }

    /// Which of these letters somebody waits for to see them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters_to_open(&self, letters: &[String]) -> Result<HashSet<String>, StoreError> {
        const READ: &str = "SELECT o.letter FROM {u} JOIN opened_letters AS o ON o.letter = u.letter \
             WHERE o.kept IS NULL";
        let mut wanted = HashSet::new();
        for letters in letters.chunks(GROUP) {
            let group = Group::of(letters.len()).text("letter", letters.iter().map(String::as_str));
            for row in &self.inner.db.reader().query_group(READ, &group).await? {
                wanted.insert(get(row, "letter")?);
            }
        }
        Ok(wanted)
    }

    /// Keeps letters for those who wait for them.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn keep_opened_letters(&self, letters: &[(String, OpenedLetter)]) -> Result<(), StoreError> {
        const KEEP: &str = "UPDATE opened_letters SET kept = u.kept, body = u.body FROM {u} \
             WHERE opened_letters.letter = u.letter";
        let group = Group::of(letters.len())
            .text("letter", letters.iter().map(|(letter, _)| letter.as_str()))
            .bytes("kept", letters.iter().map(|(_, opened)| opened.kept.as_slice()))
            .bytes("body", letters.iter().map(|(_, opened)| opened.body.as_slice()));
        self.inner.db.writer().query_group(KEEP, &group).await.map(drop)
    }

    /// Forgets letters that were opened before this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_opened_letters(&self, before: Timestamp) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM opened_letters WHERE asked_at < $1";
        self.inner.db.writer().query(FORGET, &[Value::Int(Some(before.as_micros()))]).await.map(drop)
    }

    /// Keeps a letter from every other job, before the delivery is published that is sent in its place. The journal is
    /// told of it. Repeating it with the same edit is harmless.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reserve_letter_edit(
        &self,
        tenant: &Tenant,
        edit: &LetterEdit,
        told: &Entry,
    ) -> Result<Reserved, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("letter_jobs").await?;
        if let Some((job, by)) = other_job(&mut session, edit).await? {
            return Ok(Reserved::InJob { job, by });
        }
        if let Some(sent) = was_sent(&mut session, tenant, edit).await? {
            return Ok(sent);
        }
        if make_job(&mut session, tenant, edit, told).await? {
            journal::insert(&mut session, told).await?;
        }
        if !has_item(&mut session, tenant, edit).await? {
            return Ok(Reserved::Gone);
        }
        session.commit().await?;
        Ok(Reserved::Reserved)
    }

    /// Notes that the broker has what is sent in the place of a letter: the letter is taken out of the queue and kept.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn confirm_letter_edit(
        &self,
        tenant: &Tenant,
        edit: &LetterEdit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const RUN: &str = "UPDATE letter_jobs SET state = 'running', note = NULL, ended_at = NULL WHERE tenant = $1 \
             AND id = $2 AND action = 'edit' AND state IN ('paused', 'cancelled')";
        const NOTE_IT: &str = "INSERT INTO letter_edits (tenant, id, edited_from, letter, job, difference, edited_by, why, \
             at) SELECT i.tenant, i.job, i.id, i.letter, i.job, $3, j.made_by, j.why, $4 FROM letter_job_items AS i \
             JOIN letter_jobs AS j ON j.id = i.job WHERE j.tenant = $1 AND j.id = $2 ON CONFLICT (tenant, id) DO NOTHING";
        const FORGET: &str = "DELETE FROM opened_letters WHERE letter = $1";
        let (tenant, id) = (Value::Text(Some(tenant.as_str())), Value::Text(Some(&edit.id)));
        let values = [tenant, id, Value::Text(Some(&edit.difference)), Value::Int(Some(now.as_micros()))];
        let mut session = self.inner.db.begin().await?;
        session.query(RUN, &[tenant, id]).await?;
        session.query(NOTE_IT, &values).await?;
        session.query(FORGET, &[Value::Text(Some(&edit.letter))]).await?;
        session.commit().await
    }

    /// Keeps letters that were sent by another channel, and notes what was sent in their places.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn keep_redirected(
        &self,
        archived: &[Archived],
        redirected: &[Redirected],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const NOTE_THEM: &str = "INSERT INTO letter_edits (tenant, id, edited_from, letter, job, difference, edited_by, \
             why, at) SELECT u.tenant, u.id, u.edited_from, u.letter, u.job, u.difference, \
             COALESCE(j.started_by, j.made_by), j.why, u.now FROM {u} JOIN letter_jobs AS j ON j.id = u.job WHERE TRUE \
             ON CONFLICT (tenant, id) DO NOTHING";
        let each = || redirected.iter();
        let group = Group::of(redirected.len())
            .text("tenant", each().map(|one| one.of.tenant.as_str()))
            .text("id", each().map(|one| one.id.as_str()))
            .text("edited_from", each().map(|one| one.of.id.as_str()))
            .text("letter", each().map(|one| one.item.letter.as_str()))
            .text("job", each().map(|one| one.item.job.as_str()))
            .text("difference", each().map(|one| one.difference.as_str()))
            .int("now", each().map(|_| now.as_micros()));
        self.archive_letters(archived, now).await?;
        self.inner.db.writer().query_group(NOTE_THEM, &group).await.map(drop)
    }

    /// What was sent in the place of a delivery's letters, and in whose place it was sent itself; the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_edits(&self, key: &Key) -> Result<Vec<EditedLetter>, StoreError> {
        const READ: &str = "SELECT id, edited_from, letter, difference, edited_by, why, at FROM letter_edits \
             WHERE tenant = $1 AND (id = $2 OR edited_from = $2) ORDER BY at, id";
        let values = [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))];
        self.inner.db.reader().query(READ, &values).await?.iter().map(edited_of).collect()
    }
}

/// Another job that has the letter or a twin of it, as a plan goes by them, and who has started it.
async fn other_job(session: &mut Session, edit: &LetterEdit) -> Result<Option<(String, String)>, StoreError> {
    const FIND: &str = "SELECT j.id, COALESCE(j.started_by, j.made_by) AS who FROM \
         (SELECT i.job, i.state FROM letter_job_items AS i WHERE i.letter = $1 \
         UNION ALL SELECT i.job, i.state FROM letters AS l JOIN letter_job_items AS i \
         ON i.tenant = l.tenant || '' AND i.id = l.id AND i.epoch = l.epoch WHERE l.letter = $1 AND l.id <> '') AS o \
         JOIN letter_jobs AS j ON j.id = o.job WHERE o.job <> $2 AND o.state IN ('pending', 'taken') \
         AND j.state IN ('running', 'paused') ORDER BY j.id LIMIT 1";
    let rows = session.query(FIND, &[Value::Text(Some(&edit.letter)), Value::Text(Some(&edit.id))]).await?;
    rows.first().map(|row| Ok((get(row, "id")?, get(row, "who")?))).transpose()
}

/// Whether this edit was sent, and its job is through with the letter: the broker would be given the same delivery again,
/// which nobody sends a second time, and no job would take the letter out of the queue. One with an id that is kept is out
/// of the queue, whatever the index says yet.
async fn was_sent(session: &mut Session, tenant: &Tenant, edit: &LetterEdit) -> Result<Option<Reserved>, StoreError> {
    const LOOK: &str = "SELECT (SELECT COUNT(*) FROM letters AS l WHERE l.tenant = e.tenant AND l.letter = e.letter \
         AND (l.id = '' OR NOT EXISTS (SELECT 1 FROM archived_letters AS a WHERE a.letter = l.letter))) AS there \
         FROM letter_edits AS e JOIN letter_job_items AS i ON i.job = e.job AND i.letter = e.letter \
         WHERE e.tenant = $1 AND e.id = $2 AND e.letter = $3 AND i.state NOT IN ('pending', 'taken')";
    let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(&edit.id)), Value::Text(Some(&edit.letter))];
    let rows = session.query(LOOK, &values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(if get::<i64>(row, "there")? > 0 { Reserved::SentBefore } else { Reserved::Sent }))
}

/// Makes the job of an edit, or has one go on that was cancelled. False when it is there already.
async fn make_job(session: &mut Session, tenant: &Tenant, edit: &LetterEdit, told: &Entry) -> Result<bool, StoreError> {
    const MAKE: &str = "INSERT INTO letter_jobs (id, tenant, action, state, wanted, why, made_by, made_at, started_by, \
         started_at, rate, canary, canary_passed, note) VALUES ($1, $2, 'edit', 'paused', $3, $4, $5, $6, $5, $6, $7, 0, \
         $8, $9) ON CONFLICT (id) DO UPDATE SET state = 'paused', ended_at = NULL \
         WHERE letter_jobs.action = 'edit' AND letter_jobs.state = 'cancelled' RETURNING id";
    let values = [
        Value::Text(Some(&edit.id)),
        Value::Text(Some(tenant.as_str())),
        Value::Text(Some(&edit.difference)),
        Value::Text(Some(&edit.why)),
        Value::Text(Some(&told.actor)),
        Value::Int(Some(told.at.as_micros())),
        Value::Int(Some(RATE)),
        Value::Flag(true),
        Value::Text(Some(NOTE)),
    ];
    Ok(!session.query(MAKE, &values).await?.is_empty())
}

/// Whether the job of an edit has its letter: the index has it, or had it when the same was asked for before. Of several
/// copies without an id it has one, because one delivery is sent in its place.
async fn has_item(session: &mut Session, tenant: &Tenant, edit: &LetterEdit) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO letter_job_items (job, letter, tenant, id, epoch, lane, channel, provider, \
         fingerprint, state, why, missed) SELECT $1, l.letter, l.tenant, l.id, l.epoch, l.lane, l.channel, l.provider, \
         l.fingerprint, 'pending', '', 0 FROM letters AS l WHERE l.tenant = $2 AND l.letter = $3 \
         ON CONFLICT (job, letter) DO NOTHING";
    const LOOK: &str = "SELECT i.job FROM letter_job_items AS i WHERE i.job = $1 AND i.letter = $2";
    let (id, letter) = (Value::Text(Some(&edit.id)), Value::Text(Some(&edit.letter)));
    session.query(INSERT, &[id, Value::Text(Some(tenant.as_str())), letter]).await?;
    Ok(!session.query(LOOK, &[id, letter]).await?.is_empty())
}

fn edited_of(row: &QueryResult) -> Result<EditedLetter, StoreError> {
    Ok(EditedLetter {
        id: get(row, "id")?,
        edited_from: get(row, "edited_from")?,
        letter: get(row, "letter")?,
        difference: get(row, "difference")?,
        by: get(row, "edited_by")?,
        why: get(row, "why")?,
        at: Timestamp::from_micros(get(row, "at")?),
    })
}
