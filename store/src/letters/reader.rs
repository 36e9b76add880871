//! Who reads the dead-letter queue: one process at a time, because two at once would each see a part of it.

use std::time::Duration;

use domain::Timestamp;
use uuid::Uuid;

use super::{close, groups};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, micros, time_of};
use crate::store::Store;

/// How many whole passes in a row must not meet a letter before it counts as gone. Somebody who looks at letters in
/// another client has them for a moment.
const MISSED: i64 = 2;
/// How long a reader that has not left may have letters in hand, although it does not read any more: one that stands still
/// has them until the broker misses its heartbeats. Until then nobody can tell what is not in the queue.
const MAY_HOLD: Duration = Duration::from_secs(120);

/// What is known of the reading. Times are those of the database's clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// When the last pass that reached the end of the queue began. The index tells what was there then.
    pub read_at: Option<Timestamp>,
    /// When the last reader left the queue; later than now while one is at it. None where nobody has left it yet.
    pub left_at: Option<Timestamp>,
    /// A pass was asked for since.
    pub is_asked_for: bool,
    /// Whether a job waits for its letters.
    pub has_jobs: bool,
    /// Why the last pass did not reach the end.
    pub problem: Option<String>,
    pub now: Timestamp,
}

/// One reading of the queue from its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetterPass {
    pub number: i64,
    /// By the database's clock.
    pub began: Timestamp,
}

impl Store {
    /// What is known of the reading.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reading(&self) -> Result<Reading, StoreError> {
        const READ: &str = "SELECT COALESCE(MAX(asked_at), 0) AS asked_at, COALESCE(MAX(read_at), 0) AS read_at, \
             COALESCE(MAX(lease_until), 0) AS left_at, MAX(problem) AS problem, \
             (SELECT COUNT(*) FROM letter_jobs WHERE state = 'running') AS running, {now} AS now FROM letter_reader";
        let rows = self.inner.db.hasty_query(READ, &[]).await?;
        let Some(row) = rows.first() else { return Err(StoreError::Unavailable("no answer".into())) };
        let (asked, read, left): (i64, i64, i64) = (get(row, "asked_at")?, get(row, "read_at")?, get(row, "left_at")?);
        let time = |micros: i64| (micros > 0).then(|| Timestamp::from_micros(micros));
        Ok(Reading {
            read_at: time(read),
            left_at: time(left),
            is_asked_for: asked > read,
            has_jobs: get::<i64>(row, "running")? > 0,
            problem: get(row, "problem")?,
            now: Timestamp::from_micros(get(row, "now")?),
        })
    }

    /// Asks for a pass that begins after now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_for_letters(&self) -> Result<(), StoreError> {
        const ASK: &str = "INSERT INTO letter_reader (id, pass, lease_until, asked_at, read_at) VALUES (1, 0, 0, {now}, 0) \
             ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at";
        self.inner.db.writer().query(ASK, &[]).await.map(drop)
    }

    /// Makes `owner` the reader for `lease`, or keeps it the reader. False when another is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lead_letters(&self, owner: Uuid, lease: Duration) -> Result<bool, StoreError> {
        const MAKE: &str = "INSERT INTO letter_reader (id, pass, lease_until, asked_at, read_at) VALUES (1, 0, 0, 0, 0) \
             ON CONFLICT (id) DO NOTHING";
        const LEAD: &str = "UPDATE letter_reader SET lease_owner = $1, lease_until = {now} + $2, \
             taken_over_at = CASE WHEN lease_owner <> $1 THEN {now} ELSE taken_over_at END \
             WHERE id = 1 AND (lease_until <= {now} OR lease_owner = $1) RETURNING id";
        let mut session = self.inner.db.writer();
        session.query(MAKE, &[]).await?;
        let values = [Value::Bytes(Some(owner.as_bytes())), Value::Int(Some(micros(lease)))];
        Ok(!session.query(LEAD, &values).await?.is_empty())
    }

    /// Ends the lead of `owner`, so that another may read at once, and notes when.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leave_letters(&self, owner: Uuid) -> Result<(), StoreError> {
        const LEAVE: &str = "UPDATE letter_reader SET lease_owner = NULL, lease_until = {now} WHERE lease_owner = $1";
        self.inner.db.writer().query(LEAVE, &[Value::Bytes(Some(owner.as_bytes()))]).await.map(drop)
    }

    /// Begins a pass. None when `owner` is not the reader any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_letter_pass(&self, owner: Uuid) -> Result<Option<LetterPass>, StoreError> {
        const BEGIN: &str = "UPDATE letter_reader SET pass = pass + 1 WHERE lease_owner = $1 AND lease_until > {now} \
             RETURNING pass, {now} AS began";
        let rows = self.inner.db.writer().query(BEGIN, &[Value::Bytes(Some(owner.as_bytes()))]).await?;
        let pass =
            |row| Ok(LetterPass { number: get(row, "pass")?, began: Timestamp::from_micros(get(row, "began")?) });
        rows.first().map(pass).transpose()
    }

    /// Notes that a pass has met the end of the queue: what it did not meet is not in the queue, unless the reader before
    /// may have it in hand. Items of jobs whose letter was missed again and again are closed, and the groups live on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_letter_pass(&self, owner: Uuid, pass: LetterPass, now: Timestamp) -> Result<(), StoreError> {
        const END: &str = "UPDATE letter_reader SET read_at = $2, problem = NULL WHERE lease_owner = $1 AND pass = $3 \
             RETURNING taken_over_at";
        let mut session = self.inner.db.begin().await?;
        let began = Value::Int(Some(pass.began.as_micros()));
        let number = Value::Int(Some(pass.number));
        let leads = session.query(END, &[Value::Bytes(Some(owner.as_bytes())), began, number]).await?;
        let Some(leads) = leads.first() else { return Ok(()) };
        if time_of(leads, "taken_over_at")?.is_some_and(|at| pass.began < at.plus(MAY_HOLD)) {
            return session.commit().await;
        }
        // Whoever puts letters in or takes them out has counted them.
        let miscounted = groups::count(&mut session).await?;
        if miscounted > 0 {
            tracing::warn!(
                groups = miscounted,
                "groups of dead letters had other numbers than the index; they were counted"
            );
        }
        session.query("DELETE FROM letters WHERE seen < $1", &[number]).await?;
        groups::count(&mut session).await?;
        close_what_is_gone(&mut session, now).await?;
        close::confirm(&mut session, pass.number, now).await?;
        groups::live_on(&mut session, now).await?;
        session.commit().await
    }

    /// Notes why a pass did not reach the end of the queue.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_letter_problem(&self, owner: Uuid, problem: &str) -> Result<(), StoreError> {
        const NOTE: &str = "UPDATE letter_reader SET problem = $2 WHERE lease_owner = $1";
        let values = [Value::Bytes(Some(owner.as_bytes())), Value::Text(Some(problem))];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
    }
}

/// One that was pending is missing: nothing was done with it. With one that was taken when its process ended, what was
/// to be done was done, or somebody else took it: nobody can tell.
async fn close_what_is_gone(session: &mut Session, now: Timestamp) -> Result<(), StoreError> {
    const MISS: &str = "UPDATE letter_job_items SET missed = missed + 1 WHERE state IN ('pending', 'taken') \
         AND job IN (SELECT id FROM letter_jobs WHERE state = 'running' AND action NOT IN ('restore', 'close')) \
         AND NOT EXISTS (SELECT 1 FROM letters AS l WHERE l.letter = letter_job_items.letter)";
    const CLOSE: &str = "UPDATE letter_job_items SET why = CASE WHEN state = 'taken' THEN 'interrupted' \
         ELSE 'not_in_the_queue' END, state = CASE WHEN state = 'taken' THEN 'unclear' ELSE 'missing' END, at = $2 \
         WHERE state IN ('pending', 'taken') AND missed >= $1 \
         AND job IN (SELECT id FROM letter_jobs WHERE state = 'running' AND action NOT IN ('restore', 'close'))";
    const MET: &str = "UPDATE letter_job_items SET missed = 0 WHERE missed > 0 AND state IN ('pending', 'taken') \
         AND EXISTS (SELECT 1 FROM letters AS l WHERE l.letter = letter_job_items.letter)";
    session.query(MET, &[]).await?;
    session.query(MISS, &[]).await?;
    session.query(CLOSE, &[Value::Int(Some(MISSED)), Value::Int(Some(now.as_micros()))]).await.map(drop)
}
