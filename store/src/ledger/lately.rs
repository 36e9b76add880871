//! What became of the deliveries of lately, counted. One walk through the index of time, which looks at so many rows and no
//! more: an index of what changes would make every delivery cost twice as much on Postgres.

use std::time::Duration;

use domain::{Lane, State, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::row::state_of;
use crate::error::StoreError;
use crate::sql::{Session, Value, get, unreadable};
use crate::store::Store;

/// How many deliveries are counted at most: the newest.
const LATELY: usize = 10_000;

/// Postgres ends a statement after this time.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The newest deliveries, counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lately {
    /// All deliveries that were first seen at this time or later are counted.
    pub since: Timestamp,
    /// There are more between what was asked for and [`Lately::since`].
    pub is_cut: bool,
    pub groups: Vec<LatelyGroup>,
    /// In the order of the channels.
    pub took: Vec<Took>,
}

/// Deliveries that stand alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LatelyGroup {
    pub channel: String,
    /// None of deliveries that no worker had seen when they were cancelled, and of old rows.
    pub lane: Option<Lane>,
    pub state: State,
    /// Which retry queue they wait for. None for all others.
    pub tier: Option<u8>,
    /// In which minute they were first seen. None for one before those that are counted.
    pub came: Option<usize>,
    /// In which minute they ended, died or were reported of. None where they have not, or did before those minutes.
    pub ended: Option<usize>,
    pub deliveries: u64,
    /// How many attempts beyond the first they took in their present budget.
    pub retries: u64,
    /// When the first of them was first seen.
    pub oldest: Timestamp,
}

/// How long the deliveries of a channel took from when they were first seen until their provider had them, whatever it has
/// reported since. Those that a later report alone says to have been taken are left out: nobody knows when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Took {
    pub channel: String,
    /// Half of them took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
}

impl Store {
    /// Counts the deliveries that were first seen at `since` or later, but no more than the newest 10,000. Minutes are
    /// counted from `first_minute` on. Without a tenant they are everybody's.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unavailable`] also when Postgres took too long.
    pub async fn lately(
        &self,
        tenant: Option<&Tenant>,
        since: Timestamp,
        first_minute: Timestamp,
    ) -> Result<Lately, StoreError> {
        self.lately_of(tenant, since, first_minute, LATELY).await
    }

    /// The same with a walk of another length.
    pub(crate) async fn lately_of(
        &self,
        tenant: Option<&Tenant>,
        since: Timestamp,
        first_minute: Timestamp,
        most: usize,
    ) -> Result<Lately, StoreError> {
        let mut session = self.inner.db.hasty_reader(TIMEOUT).await?;
        let cut = cut(&mut session, tenant, since, most).await?;
        let since = cut.unwrap_or(since);
        let groups = groups(&mut session, tenant, since, first_minute).await?;
        let took = took(&mut session, tenant, since.max(first_minute)).await?;
        session.commit().await?;
        Ok(Lately { since, is_cut: cut.is_some(), groups, took })
    }
}

/// The condition on the tenant, whose name is the last value. The expression is the one that is indexed: see the migration
/// that makes the index.
fn whose<'a>(tenant: Option<&'a Tenant>, values: &mut Vec<Value<'a>>) -> String {
    let Some(tenant) = tenant else { return String::new() };
    values.push(Value::Text(Some(tenant.as_str())));
    format!("(d.tenant || '') = ${} AND ", values.len())
}

/// Where the walk begins when there are more deliveries than it looks at.
async fn cut(
    session: &mut Session,
    tenant: Option<&Tenant>,
    since: Timestamp,
    most: usize,
) -> Result<Option<Timestamp>, StoreError> {
    let mut values = vec![Value::Int(Some(since.as_micros()))];
    let whose = whose(tenant, &mut values);
    let sql = format!(
        "SELECT d.created_at FROM deliveries AS d WHERE {whose}d.created_at >= $1 \
         ORDER BY d.created_at DESC LIMIT 1 OFFSET {most}"
    );
    let rows = session.query(&sql, &values).await?;
    let behind = |row: &QueryResult| Ok(Timestamp::from_micros(get::<i64>(row, "created_at")?.saturating_add(1)));
    rows.first().map(behind).transpose()
}

async fn groups(
    session: &mut Session,
    tenant: Option<&Tenant>,
    since: Timestamp,
    first_minute: Timestamp,
) -> Result<Vec<LatelyGroup>, StoreError> {
    let mut values = vec![Value::Int(Some(since.as_micros())), Value::Int(Some(first_minute.as_micros()))];
    let whose = whose(tenant, &mut values);
    let sql = format!(
        "SELECT d.channel, COALESCE(d.lane, '') AS lane, d.state, \
         CASE WHEN d.state = 'waiting' AND d.order_kind = 'retry' THEN COALESCE(d.order_tier, 0) ELSE 0 END AS tier, \
         CASE WHEN d.created_at < $2 THEN -1 ELSE (d.created_at - $2) / 60000000 END AS came, \
         CASE WHEN d.state IN ('sending', 'waiting') OR d.updated_at < $2 THEN -1 \
         ELSE (d.updated_at - $2) / 60000000 END AS ended, \
         COUNT(*) AS deliveries, \
         CAST(SUM(CASE WHEN d.attempt > 1 THEN d.attempt - 1 ELSE 0 END) AS BIGINT) AS retries, \
         MIN(d.created_at) AS oldest \
         FROM deliveries AS d WHERE {whose}d.created_at >= $1 GROUP BY 1, 2, 3, 4, 5, 6"
    );
    session.query(&sql, &values).await?.iter().map(group_of).collect()
}

async fn took(session: &mut Session, tenant: Option<&Tenant>, since: Timestamp) -> Result<Vec<Took>, StoreError> {
    let mut values = vec![Value::Int(Some(since.as_micros()))];
    let whose = whose(tenant, &mut values);
    let sql = format!(
        "WITH had AS (SELECT d.channel, CASE WHEN d.state IN ('sent', 'captured') THEN d.updated_at \
         WHEN d.state IN ('delivered', 'bounced') THEN d.sent_at END - d.created_at AS took \
         FROM deliveries AS d WHERE {whose}d.created_at >= $1), \
         ended AS (SELECT channel, took, ROW_NUMBER() OVER (PARTITION BY channel ORDER BY took) AS place, \
         COUNT(*) OVER (PARTITION BY channel) AS among FROM had WHERE took IS NOT NULL) \
         SELECT channel, MIN(CASE WHEN place * 100 >= among * 50 THEN took END) AS p50, \
         MIN(CASE WHEN place * 100 >= among * 99 THEN took END) AS p99 FROM ended GROUP BY channel ORDER BY channel"
    );
    session.query(&sql, &values).await?.iter().map(took_of).collect()
}

fn group_of(row: &QueryResult) -> Result<LatelyGroup, StoreError> {
    let lane: String = get(row, "lane")?;
    let lane = match lane.as_str() {
        "" => None,
        lane => Some(Lane::parse(lane).ok_or_else(|| unreadable("lane"))?),
    };
    let tier: i64 = get(row, "tier")?;
    Ok(LatelyGroup {
        channel: get(row, "channel")?,
        lane,
        state: state_of(row)?,
        tier: u8::try_from(tier).ok().filter(|tier| *tier > 0),
        came: minute_of(row, "came")?,
        ended: minute_of(row, "ended")?,
        deliveries: number_of(row, "deliveries")?,
        retries: number_of(row, "retries")?,
        oldest: Timestamp::from_micros(get(row, "oldest")?),
    })
}

fn took_of(row: &QueryResult) -> Result<Took, StoreError> {
    // A clock that was set back makes a time below zero.
    let time = |column: &str| {
        let micros: i64 = get(row, column)?;
        Ok::<_, StoreError>(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
    };
    Ok(Took { channel: get(row, "channel")?, p50: time("p50")?, p99: time("p99")? })
}

/// Minus one stands for none.
fn minute_of(row: &QueryResult, column: &str) -> Result<Option<usize>, StoreError> {
    Ok(usize::try_from(get::<i64>(row, column)?).ok())
}

fn number_of(row: &QueryResult, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| unreadable(column))
}
