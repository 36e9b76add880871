//! What operators ask for: a plan is frozen by the names of its letters, and becomes a job when it is started.

mod choose;

use std::time::Duration;

use domain::{Entry, RedirectTo, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::kept::FORGET;
use super::{JobState, LetterAction, LetterFilter};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, count_of, get, time_of, unreadable};
use crate::store::Store;

/// How long a plan may be started.
const GOOD_FOR: Duration = Duration::from_secs(3600);
/// The most jobs that are listed.
const MOST: u32 = 200;
/// The most plans of a tenant that nobody has started: each has the names of all its letters.
pub const MAX_PLANS: usize = 100;
/// How many of them are named to somebody who makes one more.
const NAMED: usize = 3;

/// What became of the wish to plan something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlanMade {
    /// It is there, since now or since it was asked for before.
    Made,
    /// There are [`MAX_PLANS`] that somebody may start yet; these are the oldest.
    TooMany(Vec<String>),
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterPlan {
    pub id: String,
    pub action: LetterAction,
    /// Which letters. Of those that were dropped, only their names and the job that dropped them count.
    pub filter: LetterFilter,
    /// The job whose letters are to be restored.
    pub of_job: Option<String>,
    /// What was asked for, in words that are kept.
    pub wanted: String,
    pub why: String,
    pub by: String,
    /// Letters in a second.
    pub rate: u32,
    /// After how many letters it waits for their end; 0 for none.
    pub canary: u32,
    pub rule: ReplayRule,
    /// Of a redirect.
    pub redirect: Option<Redirect>,
}

/// The letters of which channels go by which way: it reaches the same recipients by the same addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirect {
    /// Of those of other channels nothing is sent; none stands for every channel.
    pub from: Vec<String>,
    pub to: RedirectTo,
}

/// Which letters a plan leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayRule {
    /// Those that were moved as often already.
    pub max_moves: u32,
    /// Take those too that would only wait, because something is paused or their provider takes no messages now.
    pub even_waiting: bool,
}

/// A plan, or the job that it became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LetterJob {
    pub id: String,
    pub action: LetterAction,
    pub state: JobState,
    pub wanted: String,
    pub why: String,
    pub made_by: String,
    pub made_at: Timestamp,
    pub started_by: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub rate: u32,
    pub canary: u32,
    /// It need not wait for the end of its first letters, or not any more.
    pub canary_passed: bool,
    /// Why it is paused.
    pub note: Option<String>,
    /// Of a redirect: the way. None also where it cannot be read.
    pub target: Option<RedirectTo>,
}

/// How many of the letters of a plan are alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    pub lane: String,
    pub channel: String,
    pub provider: String,
    /// `pending`, `taken`, `done`, `failed`, `missing`, `unclear` or `left_out`.
    pub state: String,
    /// Why it is so; empty where there is nothing to say.
    pub why: String,
    pub letters: u32,
}

const COLUMNS: &str = "j.id, j.action, j.state, j.wanted, j.why, j.made_by, j.made_at, j.started_by, j.started_at, \
     j.ended_at, j.rate, j.canary, j.canary_passed, j.note, j.target";

impl Store {
    /// Freezes a plan: which letters, and which of them are left out and why. One that is known by its id stays as it is.
    /// Where there are [`MAX_PLANS`], the oldest that nobody can start any more, or that has nothing to do, is forgotten. Of
    /// plans that are made at once a few more may come to be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn plan_letters(
        &self,
        tenant: &Tenant,
        plan: &LetterPlan,
        now: Timestamp,
    ) -> Result<PlanMade, StoreError> {
        const INSERT: &str = "INSERT INTO letter_jobs (id, tenant, action, state, wanted, why, made_by, made_at, rate, \
             canary, canary_passed, target) VALUES ($1, $2, $3, 'planned', $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id) DO NOTHING RETURNING id";
        // How many there are does not change any more.
        const SIZE: &str = "UPDATE letter_jobs SET letters = (SELECT COUNT(*) FROM letter_job_items AS i \
             WHERE i.job = $1) WHERE id = $1";
        let target = plan.redirect.as_ref().map(|redirect| redirect.to.to_string());
        let values = [
            Value::Text(Some(&plan.id)),
            Value::Text(Some(tenant.as_str())),
            Value::Text(Some(plan.action.as_str())),
            Value::Text(Some(&plan.wanted)),
            Value::Text(Some(&plan.why)),
            Value::Text(Some(&plan.by)),
            Value::Int(Some(now.as_micros())),
            Value::Int(Some(i64::from(plan.rate))),
            Value::Int(Some(i64::from(plan.canary))),
            Value::Flag(plan.canary == 0),
            Value::Text(target.as_deref()),
        ];
        let mut session = self.inner.db.begin().await?;
        if session.query(INSERT, &values).await?.is_empty() {
            return Ok(PlanMade::Made);
        }
        let mut others = unstarted(&mut session, tenant, &plan.id).await?;
        if others.len() >= MAX_PLANS && !make_room(&mut session, tenant, &plan.id, now).await? {
            others.truncate(NAMED);
            return Ok(PlanMade::TooMany(others));
        }
        match plan.action {
            LetterAction::Restore => choose::archived(&mut session, tenant, plan).await?,
            LetterAction::Close => choose::without_letter(&mut session, tenant, plan).await?,
            _ => choose::letters(&mut session, plan, now).await?,
        }
        session.query(SIZE, &values[..1]).await?;
        session.commit().await?;
        Ok(PlanMade::Made)
    }

    /// A plan or job of a tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_job(&self, tenant: &Tenant, id: &str) -> Result<Option<LetterJob>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let sql = format!("SELECT {COLUMNS} FROM letter_jobs AS j WHERE j.tenant = $1 AND j.id = $2");
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(id))];
        self.inner.db.reader().query(&sql, &values).await?.first().map(job_of).transpose()
    }

    /// The plans and jobs of a tenant, the newest first, at most 200.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn letter_jobs(&self, tenant: &Tenant) -> Result<Vec<LetterJob>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM letter_jobs AS j WHERE j.tenant = $1 ORDER BY j.made_at DESC, j.id LIMIT {MOST}"
        );
        let rows = self.inner.db.reader().query(&sql, &[Value::Text(Some(tenant.as_str()))]).await?;
        rows.iter().map(job_of).collect()
    }

    /// How many letters of a job are in which state, and why, by lane, channel and provider. Each copy of one without an id
    /// is a letter: of some may be done what is still to be done with others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_letter_job(&self, id: &str) -> Result<Vec<Counted>, StoreError> {
        const COUNT: &str = "SELECT c.lane, c.channel, c.provider, c.state, c.why, CAST(SUM(c.n) AS BIGINT) AS letters FROM \
             (SELECT i.lane, i.channel, i.provider, i.state, i.why, i.copies - i.moved AS n FROM letter_job_items AS i \
             WHERE i.job = $1 AND i.copies > i.moved UNION ALL \
             SELECT i.lane, i.channel, i.provider, 'done' AS state, '' AS why, i.moved AS n FROM letter_job_items AS i \
             WHERE i.job = $1 AND i.moved > 0) AS c GROUP BY c.lane, c.channel, c.provider, c.state, c.why \
             ORDER BY 6 DESC, c.lane, c.channel, c.provider, c.state, c.why";
        let rows = self.inner.db.hasty_query(COUNT, &[Value::Text(Some(id))]).await?;
        rows.iter().map(counted_of).collect()
    }

    /// Starts a plan that is not an hour old. False when it is no plan any more. Letters that another job has by now, or
    /// whose twins it has, are left out, and the groups of the others are replayed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start_letter_job(&self, tenant: &Tenant, id: &str, told: &Entry) -> Result<bool, StoreError> {
        // The same rule as of a plan, for what was sent since that was made.
        const SENT_OTHERWISE: &str = "UPDATE letter_job_items SET state = 'left_out', why = 'sent_otherwise' \
             WHERE job = $1 AND state = 'pending' AND EXISTS (SELECT 1 FROM letter_edits AS e \
             WHERE e.tenant = letter_job_items.tenant AND e.edited_from = letter_job_items.id \
             AND (letter_job_items.id <> '' OR e.letter = letter_job_items.letter) \
             AND e.at >= (SELECT j.made_at FROM letter_jobs AS j WHERE j.id = $1))";
        const REPLAYED: &str = "UPDATE letter_groups SET life = 'replayed', changed_at = $2, changed_by = $3 \
             WHERE tenant = $4 AND fingerprint IN (SELECT i.fingerprint FROM letter_job_items AS i \
             WHERE i.job = $1 AND i.state = 'pending')";
        let start = format!(
            "UPDATE letter_jobs SET state = 'running', started_by = $3, started_at = $4, {FORGET}, \
             after_pass = COALESCE((SELECT r.pass FROM letter_reader AS r WHERE r.id = 1), 0) \
             WHERE tenant = $1 AND id = $2 AND state = 'planned' AND made_at > $5 RETURNING action"
        );
        let leave_out = format!(
            "UPDATE letter_job_items SET state = 'left_out', why = 'in_another_job' \
             WHERE job = $1 AND state = 'pending' AND {}",
            choose::in_another_job("letter_job_items")
        );
        let (id, tenant, by) =
            (Value::Text(Some(id)), Value::Text(Some(tenant.as_str())), Value::Text(Some(&told.actor)));
        let oldest = Value::Int(Some(told.at.minus(GOOD_FOR).as_micros()));
        let now = Value::Int(Some(told.at.as_micros()));
        let mut session = self.inner.db.begin().await?;
        // Of two that are started at once the second sees what the first has.
        session.lock_for_writing("letter_jobs").await?;
        let started = session.query(&start, &[tenant, id, by, now, oldest]).await?;
        let Some(started) = started.first() else { return Ok(false) };
        session.query(&leave_out, &[id]).await?;
        if LetterAction::parse(&get::<String>(started, "action")?).is_some_and(LetterAction::sends) {
            session.query(SENT_OTHERWISE, &[id]).await?;
            session.query(REPLAYED, &[id, now, by, tenant]).await?;
        }
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(true)
    }

    /// Cancels a plan or a job that has not ended: what is in hand is finished, nothing is begun any more. Of a plan that
    /// nobody has started the letters are forgotten. False when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel_letter_job(&self, tenant: &Tenant, id: &str, told: &Entry) -> Result<bool, StoreError> {
        const FORGET_LETTERS: &str = "DELETE FROM letter_job_items WHERE job = $1 \
             AND EXISTS (SELECT 1 FROM letter_jobs AS j WHERE j.id = $1 AND j.started_at IS NULL)";
        let cancel = format!(
            "UPDATE letter_jobs SET state = 'cancelled', ended_at = $3, {FORGET} WHERE tenant = $1 AND id = $2 \
             AND state IN ('planned', 'running', 'paused') RETURNING id"
        );
        let (id, now) = (Value::Text(Some(id)), Value::Int(Some(told.at.as_micros())));
        let mut session = self.inner.db.begin().await?;
        if session.query(&cancel, &[Value::Text(Some(tenant.as_str())), id, now]).await?.is_empty() {
            return Ok(false);
        }
        session.query(FORGET_LETTERS, &[id]).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(true)
    }

    /// Lets a job that is paused go on, past its canary. False when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resume_letter_job(&self, tenant: &Tenant, id: &str, told: &Entry) -> Result<bool, StoreError> {
        // An edit waits for the confirm of what is sent in the place of its letter, and for nobody else.
        let resume = format!(
            "UPDATE letter_jobs SET state = 'running', canary_passed = $3, note = NULL, {FORGET} \
             WHERE tenant = $1 AND id = $2 AND state = 'paused' AND action <> 'edit' RETURNING id"
        );
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(id)), Value::Flag(true)];
        self.change_told(&resume, &values, told).await
    }
}

/// The plans of a tenant beside this one that nobody has started, the oldest first.
async fn unstarted(session: &mut Session, tenant: &Tenant, but: &str) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT id FROM letter_jobs WHERE tenant = $1 AND state = 'planned' AND id <> $2 ORDER BY made_at, id \
         LIMIT {MAX_PLANS}"
    );
    let rows = session.query(&sql, &[Value::Text(Some(tenant.as_str())), Value::Text(Some(but))]).await?;
    rows.iter().map(|row| get(row, "id")).collect()
}

/// Forgets the oldest plan of a tenant beside this one that is too old to be started, or has no letter to begin: what plans
/// again and again, and finds nothing, is not in its own way. False when there is none.
async fn make_room(session: &mut Session, tenant: &Tenant, but: &str, now: Timestamp) -> Result<bool, StoreError> {
    const FIND: &str = "SELECT j.id FROM letter_jobs AS j WHERE j.tenant = $1 AND j.state = 'planned' AND j.id <> $2 \
         AND (j.made_at <= $3 OR NOT EXISTS (SELECT 1 FROM letter_job_items AS i WHERE i.job = j.id \
         AND i.state = 'pending')) ORDER BY j.made_at, j.id LIMIT 1";
    let oldest = Value::Int(Some(now.minus(GOOD_FOR).as_micros()));
    let found = session.query(FIND, &[Value::Text(Some(tenant.as_str())), Value::Text(Some(but)), oldest]).await?;
    let Some(found) = found.first() else { return Ok(false) };
    let id: String = get(found, "id")?;
    for forget in ["DELETE FROM letter_job_items WHERE job = $1", "DELETE FROM letter_jobs WHERE id = $1"] {
        session.query(forget, &[Value::Text(Some(&id))]).await?;
    }
    Ok(true)
}

fn job_of(row: &QueryResult) -> Result<LetterJob, StoreError> {
    Ok(LetterJob {
        id: get(row, "id")?,
        action: LetterAction::parse(&get::<String>(row, "action")?).ok_or_else(|| unreadable("action"))?,
        state: JobState::parse(&get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))?,
        wanted: get(row, "wanted")?,
        why: get(row, "why")?,
        made_by: get(row, "made_by")?,
        made_at: Timestamp::from_micros(get(row, "made_at")?),
        started_by: get(row, "started_by")?,
        started_at: time_of(row, "started_at")?,
        ended_at: time_of(row, "ended_at")?,
        rate: count_of(row, "rate")?,
        canary: count_of(row, "canary")?,
        canary_passed: get(row, "canary_passed")?,
        note: get(row, "note")?,
        target: way_of(row)?,
    })
}

/// By which way a job redirects its letters.
pub(super) fn way_of(row: &QueryResult) -> Result<Option<RedirectTo>, StoreError> {
    Ok(get::<Option<String>>(row, "target")?.and_then(|kept| RedirectTo::parse(&kept)))
}

fn counted_of(row: &QueryResult) -> Result<Counted, StoreError> {
    Ok(Counted {
        lane: get(row, "lane")?,
        channel: get(row, "channel")?,
        provider: get(row, "provider")?,
        state: get(row, "state")?,
        why: get(row, "why")?,
        letters: count_of(row, "letters")?,
    })
}
