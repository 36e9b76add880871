//! Ends the rows of dead deliveries whose letters are not in the queue any more: somebody has purged them, or taken them.
//!
//! The row is `cancelled` then, and keeps its reason. A letter that turns up all the same, and is moved to a lane, is
//! tried: nothing is lost by it.

use domain::{FieldError, Key, Timestamp};
use sea_orm::QueryResult;

use super::Item;
use super::work::items_group;
use crate::error::StoreError;
use crate::ledger::warnings;
use crate::sql::{Group, Session, Value, count_of, get, key_of};
use crate::store::Store;

/// Where the warning of a closed row points to.
const POINTER: &str = "dead-letter";

/// A row that is to be closed.
struct Closing {
    item: Item,
    key: Key,
    epoch: u32,
    by: String,
    why: String,
}

impl Store {
    /// Closes rows for the jobs that want it and whose pass is over, at most `limit`. How many items it has ended.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn close_rows(&self, limit: u32, now: Timestamp) -> Result<usize, StoreError> {
        const FIND: &str = "SELECT i.job, i.letter, i.tenant, i.id, i.epoch, j.started_by, j.why FROM letter_jobs AS j \
             JOIN letter_job_items AS i ON i.job = j.id WHERE j.state = 'running' AND j.action = 'close' \
             AND i.state = 'pending' AND i.missed > 0 ORDER BY i.job, i.letter LIMIT $1";
        let mut session = self.inner.db.begin_anew().await?;
        let rows = session.query(FIND, &[Value::Int(Some(i64::from(limit)))]).await?;
        let found: Vec<Closing> = rows.iter().map(closing_of).collect::<Result<_, _>>()?;
        let closed = close(&mut session, &found, now).await?;
        let (done, moved): (Vec<&Closing>, Vec<&Closing>) = found.iter().partition(|one| closed.contains(&one.key));
        end(&mut session, &done, "state = 'done', why = ''", now).await?;
        end(&mut session, &moved, "state = 'left_out', why = 'moved_on'", now).await?;
        warn(&mut session, &done).await?;
        session.commit().await?;
        Ok(found.len())
    }
}

/// Notes what a whole pass that began after the start of a job has found: a row whose letter is there stays as it is, and
/// the others may be closed.
pub(super) async fn confirm(session: &mut Session, pass: i64, now: Timestamp) -> Result<(), StoreError> {
    const THERE: &str = "UPDATE letter_job_items SET state = 'left_out', why = 'in_the_queue', at = $2 \
         WHERE state = 'pending' AND missed = 0 AND job IN (SELECT j.id FROM letter_jobs AS j \
         WHERE j.state = 'running' AND j.action = 'close' AND j.after_pass < $1) \
         AND EXISTS (SELECT 1 FROM letters AS l WHERE l.tenant = letter_job_items.tenant AND l.id = letter_job_items.id)";
    const CONFIRM: &str = "UPDATE letter_job_items SET missed = 1 WHERE state = 'pending' AND missed = 0 \
         AND job IN (SELECT j.id FROM letter_jobs AS j WHERE j.state = 'running' AND j.action = 'close' \
         AND j.after_pass < $1)";
    let pass = Value::Int(Some(pass));
    session.query(THERE, &[pass, Value::Int(Some(now.as_micros()))]).await?;
    session.query(CONFIRM, &[pass]).await.map(drop)
}

/// The keys of the rows that were closed: still dead, in the same epoch.
async fn close(session: &mut Session, found: &[Closing], now: Timestamp) -> Result<Vec<Key>, StoreError> {
    const CLOSE: &str = "UPDATE deliveries SET state = 'cancelled', has_letter = FALSE, updated_at = u.now, \
         version = deliveries.version + 1 FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id \
         AND deliveries.epoch = u.epoch AND deliveries.state IN ('dead', 'held') \
         RETURNING deliveries.tenant, deliveries.id";
    let group = Group::of(found.len())
        .text("tenant", found.iter().map(|one| one.key.tenant.as_str()))
        .text("id", found.iter().map(|one| one.key.id.as_str()))
        .int("epoch", found.iter().map(|one| i64::from(one.epoch)))
        .int("now", found.iter().map(|_| now.as_micros()));
    session.query_group(CLOSE, &group).await?.iter().map(key_of).collect()
}

async fn end(session: &mut Session, items: &[&Closing], to: &str, now: Timestamp) -> Result<(), StoreError> {
    let items: Vec<Item> = items.iter().map(|one| one.item.clone()).collect();
    let sql = format!(
        "UPDATE letter_job_items SET {to}, at = u.now FROM {{u}} WHERE letter_job_items.job = u.job \
         AND letter_job_items.letter = u.letter"
    );
    session.query_group(&sql, &items_group(&items, now)).await.map(drop)
}

/// Says on each row why it has ended.
async fn warn(session: &mut Session, closed: &[&Closing]) -> Result<(), StoreError> {
    let line = |one: &Closing| {
        let detail = format!("its dead letter was not in the queue any more, and {} closed it: {}", one.by, one.why);
        warnings::lines_of(&[FieldError { pointer: POINTER.to_owned(), detail }])
    };
    let lines: Vec<String> = closed.iter().copied().map(line).collect();
    let told: Vec<(&Key, &str)> = closed.iter().map(|one| &one.key).zip(lines.iter().map(String::as_str)).collect();
    warnings::insert(session, &told).await
}

fn closing_of(row: &QueryResult) -> Result<Closing, StoreError> {
    Ok(Closing {
        item: Item { letter: get(row, "letter")?, job: get(row, "job")? },
        key: key_of(row)?,
        epoch: count_of(row, "epoch")?,
        by: get::<Option<String>>(row, "started_by")?.unwrap_or_default(),
        why: get(row, "why")?,
    })
}
