//! How jobs over dead letters go on: which letters to take, what became of them, and when a job pauses.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Canary, RedirectTo, State, Timestamp};
use sea_orm::QueryResult;

use super::kept::FORGET;
use super::plan::way_of;
use super::{LetterAction, WINDOW_LIMIT};
use crate::error::StoreError;
use crate::sql::{Group, Value, count_of, get, time_of, unreadable};
use crate::store::Store;

/// The most items in one statement: a window of a pass is two.
const GROUP: usize = 512;
/// At so many letters is looked at most when it is counted how they have ended: whoever shows a job does so again and again.
const LOOK: usize = 5_000;
/// The most groups of a job's letters that are named.
const GROUPS: usize = 10;

/// A job that runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunningJob {
    pub id: String,
    pub action: LetterAction,
    /// Letters in a second.
    pub rate: u32,
    /// How many letters it may begin until it waits for the end of the first ones. None when it need not wait.
    pub until_canary: Option<u32>,
    /// When something was done for it last.
    pub last_at: Option<Timestamp>,
}

/// What is to be done with a letter that was met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    pub item: Item,
    pub action: LetterAction,
    /// Of a redirect: the way. None also where it cannot be read.
    pub target: Option<RedirectTo>,
    /// The job has begun it already: it goes on, canary or not.
    pub was_taken: bool,
    /// It was done already. If it has an id, and the queue still has it, its acknowledgement was lost.
    pub was_done: bool,
    /// How many copies the job is to move yet, where the letter has no id. Of one with an id all copies are one.
    pub left: u32,
}

/// One letter of one job. Copies of a letter without an id have one item, which is named once for each of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Item {
    pub letter: String,
    pub job: String,
}

impl Store {
    /// The jobs that run, those that were started first at the front.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn running_letter_jobs(&self) -> Result<Vec<RunningJob>, StoreError> {
        const READ: &str = "SELECT j.id, j.action, j.rate, j.canary, j.canary_passed, \
             (SELECT CAST(COALESCE(SUM(CASE WHEN i.state = 'done' THEN i.copies \
             WHEN i.state IN ('taken', 'failed', 'unclear') THEN i.moved + 1 ELSE i.moved END), 0) AS BIGINT) \
             FROM letter_job_items AS i WHERE i.job = j.id) AS begun, \
             (SELECT MAX(i.at) FROM letter_job_items AS i WHERE i.job = j.id) AS last_at \
             FROM letter_jobs AS j WHERE j.state = 'running' ORDER BY j.started_at, j.id";
        let rows = self.inner.db.reader().query(READ, &[]).await?;
        rows.iter().map(running_of).collect()
    }

    /// What running jobs want of these letters, those of earlier jobs first. A letter may be chosen by several jobs. One
    /// that was kept is not left over while a restore has begun it, also a restore that was cancelled since: what lies in
    /// the queue may be what that has put back, and its scheduler may yet forget what was kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chosen_letters(&self, letters: &[String]) -> Result<Vec<Chosen>, StoreError> {
        // By their names, whatever Postgres holds of a job of which it has not counted the items: it has few, it would say.
        const READ: &str = "WITH met AS MATERIALIZED (SELECT i.letter, i.job, i.state, i.copies, i.moved FROM {u} \
             JOIN letter_job_items AS i ON i.letter = u.letter) \
             SELECT i.letter, i.job, i.state, i.copies - i.moved AS still, j.action, j.target FROM met AS i \
             JOIN letter_jobs AS j ON j.id = i.job WHERE j.state = 'running' \
             AND ((i.state IN ('pending', 'taken') AND j.action NOT IN ('restore', 'close')) \
             OR (i.state = 'done' AND j.action = 'replay') \
             OR (i.state = 'done' AND j.action IN ('drop', 'redirect', 'edit') AND EXISTS (SELECT 1 FROM archived_letters AS a \
             WHERE a.letter = i.letter AND a.job = i.job) AND NOT EXISTS (SELECT 1 FROM letter_job_items AS r \
             JOIN letter_jobs AS k ON k.id = r.job WHERE r.letter = i.letter AND r.state = 'taken' \
             AND k.action = 'restore'))) ORDER BY j.started_at, j.id, i.letter";
        // A name that comes several times is chosen once: how many copies are wanted its item says.
        let names: BTreeSet<&str> = letters.iter().map(String::as_str).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut chosen = Vec::new();
        for names in names.chunks(GROUP) {
            let group = Group::of(names.len()).text("letter", names.iter().copied());
            let mut session = self.inner.db.hasty_reader(WINDOW_LIMIT).await?;
            let rows = session.query_group(READ, &group).await?;
            session.commit().await?;
            for row in &rows {
                chosen.push(chosen_of(row)?);
            }
        }
        Ok(chosen)
    }

    /// Begins items, and returns those that may go on: their jobs still run, and nobody has ended them.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn take_letters(&self, items: &[Item], now: Timestamp) -> Result<Vec<Item>, StoreError> {
        const TAKE: &str = "UPDATE letter_job_items SET state = 'taken', at = u.now FROM {u} \
             WHERE letter_job_items.job = u.job AND letter_job_items.letter = u.letter \
             AND letter_job_items.state IN ('pending', 'taken') \
             AND EXISTS (SELECT 1 FROM letter_jobs AS j WHERE j.id = u.job AND j.state = 'running') \
             RETURNING letter_job_items.letter, letter_job_items.job";
        let mut taken = Vec::new();
        for items in items.chunks(GROUP) {
            let mut session = self.inner.db.begin_anew().await?;
            for row in &session.query_group(TAKE, &items_group(items, now)).await? {
                taken.push(Item { letter: get(row, "letter")?, job: get(row, "job")? });
            }
            session.commit().await?;
        }
        Ok(taken)
    }

    /// Ends items: they are done. One of several copies goes on when so many are not done as it has.
    ///
    /// # Errors
    /// [`StoreError`]. Repeating it counts copies twice, and is harmless for a letter with an id.
    pub async fn finish_letters(&self, items: &[Item], now: Timestamp) -> Result<(), StoreError> {
        self.end_items(items, DONE, now).await
    }

    /// Ends items of which nothing can be published, ever.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn fail_letters(&self, items: &[Item], why: &'static str, now: Timestamp) -> Result<(), StoreError> {
        self.end_items(items, &format!("state = 'failed', why = '{why}'"), now).await
    }

    async fn end_items(&self, items: &[Item], to: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE letter_job_items SET {to}, at = u.now FROM {{u}} WHERE letter_job_items.job = u.job \
             AND letter_job_items.letter = u.letter"
        );
        for items in items.chunks(GROUP) {
            let mut session = self.inner.db.begin_anew().await?;
            session.query_group(&sql, &items_group(items, now)).await?;
            session.commit().await?;
        }
        Ok(())
    }

    /// What became of the letters that a job has published again, or of what it has sent by another channel. One without a
    /// row counts once it is dead again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn canary_of(&self, job: &str) -> Result<Canary, StoreError> {
        // Of copies that it goes on with, some were published.
        let begun = "state IN ('taken', 'done', 'failed', 'unclear', 'pending') AND (state <> 'pending' OR moved > 0)";
        self.became(job, begun).await
    }

    /// The same of those alone with which it has done what was asked for: how they have ended since. Of more than 5,000 it
    /// looks at so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letters_since(&self, job: &str) -> Result<Canary, StoreError> {
        self.became(job, "state = 'done'").await
    }

    /// By the index on the states of a job's letters, and the keys of their deliveries.
    async fn became(&self, job: &str, which: &str) -> Result<Canary, StoreError> {
        let ended: Vec<_> =
            State::ALL.into_iter().filter(|state| state.is_final()).map(|state| format!("'{state}'")).collect();
        let sql = format!(
            "SELECT COUNT(*) AS tried, \
             COALESCE(SUM(CASE WHEN d.state IN ({}) THEN 1 ELSE 0 END), 0) AS well, \
             COALESCE(SUM(CASE WHEN (d.state IN ('dead', 'held') AND (e.id IS NOT NULL OR d.epoch > i.epoch)) \
             OR (d.id IS NULL AND EXISTS (SELECT 1 FROM letters AS l WHERE l.tenant = i.tenant \
             AND l.id = COALESCE(e.id, i.id) AND (e.id IS NOT NULL OR l.epoch > i.epoch))) \
             THEN 1 ELSE 0 END), 0) AS failed FROM (SELECT job, letter, tenant, id, epoch FROM letter_job_items \
             WHERE job = $1 AND {which} LIMIT {LOOK}) AS i \
             LEFT JOIN letter_edits AS e ON e.job = i.job AND e.letter = i.letter \
             LEFT JOIN deliveries AS d ON d.tenant = i.tenant AND d.id = COALESCE(e.id, i.id)",
            ended.join(", ")
        );
        let rows = self.inner.db.reader().query(&sql, &[Value::Text(Some(job))]).await?;
        let count = |column| rows.first().map_or(Ok(0), |row| count_of(row, column));
        Ok(Canary { tried: count("tried")?, well: count("well")?, failed: count("failed")? })
    }

    /// The groups of a job's letters, by their fingerprints: at most ten, of the first 5,000 letters.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn groups_of_letter_job(&self, job: &str) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT i.fingerprint FROM (SELECT fingerprint FROM letter_job_items WHERE job = $1 LIMIT {LOOK}) AS i \
             ORDER BY i.fingerprint LIMIT {GROUPS}"
        );
        self.fingerprints(&sql, job).await
    }

    /// The same of those letters alone that were sent and are in the queue again: what they failed by may be another group.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn groups_dead_again(&self, job: &str) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT l.fingerprint FROM (SELECT job, letter, tenant, id, epoch FROM letter_job_items \
             WHERE job = $1 AND state = 'done' LIMIT {LOOK}) AS i \
             LEFT JOIN letter_edits AS e ON e.job = i.job AND e.letter = i.letter \
             JOIN letters AS l ON l.tenant = i.tenant AND l.id = COALESCE(e.id, i.id) \
             AND (e.id IS NOT NULL OR l.epoch > i.epoch) WHERE i.id <> '' ORDER BY l.fingerprint LIMIT {GROUPS}"
        );
        self.fingerprints(&sql, job).await
    }

    async fn fingerprints(&self, sql: &str, job: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.inner.db.reader().query(sql, &[Value::Text(Some(job))]).await?;
        rows.iter().map(|row| get(row, "fingerprint")).collect()
    }

    /// Lets a running job go on past its canary.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pass_letter_canary(&self, job: &str) -> Result<(), StoreError> {
        const PASS: &str = "UPDATE letter_jobs SET canary_passed = $2 WHERE id = $1 AND state = 'running'";
        self.inner.db.writer().query(PASS, &[Value::Text(Some(job)), Value::Flag(true)]).await.map(drop)
    }

    /// Pauses a running job, and says why.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pause_letter_job(&self, job: &str, why: &str) -> Result<(), StoreError> {
        let pause =
            format!("UPDATE letter_jobs SET state = 'paused', note = $2, {FORGET} WHERE id = $1 AND state = 'running'");
        self.inner.db.writer().query(&pause, &[Value::Text(Some(job)), Value::Text(Some(why))]).await.map(drop)
    }

    /// Ends the running jobs of which nothing is left to be done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_letter_jobs(&self, now: Timestamp) -> Result<(), StoreError> {
        let end = format!(
            "UPDATE letter_jobs SET state = 'done', ended_at = $1, {FORGET} WHERE state = 'running' \
             AND NOT EXISTS (SELECT 1 FROM letter_job_items AS i WHERE i.job = letter_jobs.id \
             AND i.state IN ('pending', 'taken'))"
        );
        self.inner.db.writer().query(&end, &[Value::Int(Some(now.as_micros()))]).await.map(drop)
    }
}

/// What becomes of an item when `u.n` of its copies are done.
pub(super) const DONE: &str = "state = CASE WHEN letter_job_items.moved + u.n < letter_job_items.copies THEN 'pending' \
     ELSE 'done' END, moved = CASE WHEN letter_job_items.moved + u.n < letter_job_items.copies \
     THEN letter_job_items.moved + u.n ELSE letter_job_items.copies END, why = ''";

/// A row for each item, and how often it is named. Several processes lock rows in one order.
pub(super) fn items_group<'a>(items: &'a [Item], now: Timestamp) -> Group<'a> {
    let mut counted: BTreeMap<&'a Item, i64> = BTreeMap::new();
    for item in items {
        *counted.entry(item).or_default() += 1;
    }
    Group::of(counted.len())
        .text("job", counted.keys().copied().map(|item| item.job.as_str()))
        .text("letter", counted.keys().copied().map(|item| item.letter.as_str()))
        .int("now", counted.keys().map(|_| now.as_micros()))
        .int("n", counted.values().copied())
}

pub(super) fn action_of(row: &QueryResult) -> Result<LetterAction, StoreError> {
    LetterAction::parse(&get::<String>(row, "action")?).ok_or_else(|| unreadable("action"))
}

fn running_of(row: &QueryResult) -> Result<RunningJob, StoreError> {
    let left = count_of(row, "canary")?.saturating_sub(count_of(row, "begun")?);
    Ok(RunningJob {
        id: get(row, "id")?,
        action: action_of(row)?,
        rate: count_of(row, "rate")?.max(1),
        until_canary: (!get::<bool>(row, "canary_passed")?).then_some(left),
        last_at: time_of(row, "last_at")?,
    })
}

fn chosen_of(row: &QueryResult) -> Result<Chosen, StoreError> {
    let state: String = get(row, "state")?;
    Ok(Chosen {
        item: Item { letter: get(row, "letter")?, job: get(row, "job")? },
        action: action_of(row)?,
        target: way_of(row)?,
        was_taken: state == "taken",
        was_done: state == "done",
        left: count_of(row, "still")?,
    })
}
