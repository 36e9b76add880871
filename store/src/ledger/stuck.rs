//! What does not move: deliveries and jobs that should have gone on by now and did not.

use std::time::Duration;

use domain::{Key, Lane, State, Timestamp};
use sea_orm::QueryResult;

use super::row::{COLUMNS, state_of};
use super::views::{DeliveryView, shown_of, with_attempts};
use crate::error::StoreError;
use crate::sql::{Value, get, key_of, micros, unreadable};
use crate::store::Store;

/// When something counts as stuck.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// How long past its time something must be to count as stuck.
    pub after: Duration,
    /// The delays of the three retry queues, for which a delivery may rest there.
    pub delays: [Duration; 3],
}

/// A delivery that is neither sent nor dead, and past its time.
#[derive(Clone, PartialEq, Debug)]
pub struct StuckDelivery {
    pub view: DeliveryView,
    /// The message came without an id, and nothing was published under the id of the row: an equal message that is
    /// delivered again continues the row. Publishing the row under its id would add a message.
    pub is_anonymous: bool,
    /// When the delivery should have gone on: its lease ended, its retry delay passed, or its deferral was due.
    pub due: Timestamp,
}

/// A job that is past its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StuckJob {
    pub key: Key,
    pub lane: Lane,
    pub recurring: bool,
    pub due: Timestamp,
}

/// How many deliveries and jobs are stuck.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StuckCounts {
    pub sending: u64,
    pub waiting: u64,
    pub jobs: u64,
}

/// The most rows in a list.
const MOST: usize = 1_000;

/// When a delivery that is not final should go on, by the caller's clock: `$1` is the time by that clock, `$3` to `$5`
/// are the delays. A lease ends by the database's clock, so the difference of the two clocks is added.
const DUE: &str = "CASE WHEN d.state = 'sending' THEN d.lease_until - {now} + $1 \
     WHEN d.order_kind = 'retry' THEN d.updated_at + CASE d.order_tier WHEN 1 THEN $3 WHEN 2 THEN $4 ELSE $5 END \
     WHEN d.order_kind = 'schedule' AND d.order_due_at > d.updated_at THEN d.order_due_at \
     ELSE d.updated_at END";

impl Store {
    /// Lists sending and waiting deliveries past their time, the longest first: 1,000 at most. Reads the whole ledger,
    /// because an index on the state would double what every delivery costs on Postgres.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stuck_deliveries(&self, patience: Patience, now: Timestamp) -> Result<Vec<StuckDelivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {DUE} AS due, d.fingerprint IS NOT NULL AND NOT d.settled AND NOT d.leaving AS anonymous \
             FROM deliveries AS d \
             WHERE d.state IN ('sending', 'waiting') AND {DUE} < $2 ORDER BY due LIMIT {MOST}"
        );
        let mut session = self.inner.db.reader();
        let found = session.query(&sql, &values(patience, now)).await?;
        let rows: Vec<_> = found.iter().map(shown_of).collect::<Result<_, _>>()?;
        let due = found.iter().map(due_of).collect::<Result<Vec<_>, _>>()?;
        let anonymous = found.iter().map(|row| get(row, "anonymous")).collect::<Result<Vec<bool>, _>>()?;
        let views = with_attempts(&mut session, rows).await?;
        let each = views.into_iter().zip(due).zip(anonymous);
        Ok(each.map(|((view, due), is_anonymous)| StuckDelivery { view, is_anonymous, due }).collect())
    }

    /// Lists jobs past their time, the longest first: 1,000 at most. The list includes a job that a scheduler has
    /// claimed right now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stuck_jobs(&self, patience: Patience, now: Timestamp) -> Result<Vec<StuckJob>, StoreError> {
        let sql = format!(
            "SELECT tenant, id, lane, cron IS NOT NULL AS recurring, due_at AS due FROM jobs \
             WHERE due_at < $1 ORDER BY due_at LIMIT {MOST}"
        );
        let before = Value::Int(Some(before(patience, now)));
        let found = self.inner.db.reader().query(&sql, &[before]).await?;
        let job = |row: &QueryResult| {
            let lane = Lane::parse(&get::<String>(row, "lane")?).ok_or_else(|| unreadable("lane"))?;
            Ok(StuckJob { key: key_of(row)?, lane, recurring: get(row, "recurring")?, due: due_of(row)? })
        };
        found.iter().map(job).collect()
    }

    /// Counts the deliveries and jobs that are past their time. Reads the whole ledger.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_stuck(&self, patience: Patience, now: Timestamp) -> Result<StuckCounts, StoreError> {
        const JOBS: &str = "SELECT COUNT(*) AS stuck FROM jobs WHERE due_at < $1";
        let sql = format!(
            "SELECT d.state, COUNT(*) AS stuck FROM deliveries AS d \
             WHERE d.state IN ('sending', 'waiting') AND {DUE} < $2 GROUP BY d.state"
        );
        let mut session = self.inner.db.reader();
        let mut counts = StuckCounts::default();
        for row in &session.query(&sql, &values(patience, now)).await? {
            match state_of(row)? {
                State::Sending => counts.sending = count_of(row)?,
                _ => counts.waiting = count_of(row)?,
            }
        }
        let before = Value::Int(Some(before(patience, now)));
        if let Some(row) = session.query(JOBS, &[before]).await?.first() {
            counts.jobs = count_of(row)?;
        }
        Ok(counts)
    }
}

fn before(patience: Patience, now: Timestamp) -> i64 {
    now.as_micros().saturating_sub(micros(patience.after))
}

fn values(patience: Patience, now: Timestamp) -> [Value<'static>; 5] {
    let [first, second, third] = patience.delays.map(micros);
    [now.as_micros(), before(patience, now), first, second, third].map(|value| Value::Int(Some(value)))
}

fn due_of(row: &QueryResult) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_micros(get(row, "due")?))
}

fn count_of(row: &QueryResult) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, "stuck")?).map_err(|_| unreadable("stuck"))
}
