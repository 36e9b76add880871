//! What the sandbox captured instead of sending it, for people to see: only the newest of each tenant.

use std::collections::BTreeSet;

use domain::{ChannelName, Key, Row, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::input::MAX_PAGE;
use super::row::channel_of;
use crate::error::StoreError;
use crate::sql::{Group, Session, Value, get, key_of};

/// A message as its recipient would have seen it. The destination is in clear, because the sandbox sends nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Capture {
    pub channel: ChannelName,
    pub destination: String,
    pub subject: Option<String>,
    pub text: String,
    pub html: Option<String>,
}

/// Shows the channel only: a captured message is for the page of the sandbox, never for a log.
impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CapturedView {
    /// Ids ascend in the order of capture.
    pub id: i64,
    pub key: Key,
    pub at: Timestamp,
    pub capture: Capture,
}

/// Captures in ascending order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CapturedPage {
    pub captures: Vec<CapturedView>,
    /// Whether there is more than fitted: after the last of them when they were asked for after an id, else before the
    /// first.
    pub more: bool,
}

/// Which captures to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between<'a> {
    /// None reads those of all tenants.
    pub(crate) tenant: Option<&'a Tenant>,
    /// None reads the newest.
    pub(crate) after: Option<i64>,
    pub(crate) before: Option<i64>,
}

/// The most bytes of texts in one page. A page of one row may have more.
const PAGE_BYTES: i64 = 4 * 1024 * 1024;

/// The most rows that are deleted at once.
const PRUNE_BATCH: u32 = 500;

/// Reads captures in ascending order: the first ones after `after`, or without it the last ones before `before`.
pub(crate) async fn page(session: &mut Session, wanted: Between<'_>, limit: u32) -> Result<CapturedPage, StoreError> {
    let Between { tenant, after, before } = wanted;
    let condition = if tenant.is_some() { "AND capture_id < $3 AND tenant = $4" } else { "AND capture_id < $3" };
    let order = if after.is_some() { "ASC" } else { "DESC" };
    let sizes = format!(
        "SELECT CAST(octet_length(text) + coalesce(octet_length(html), 0) AS BIGINT) AS bytes FROM captures \
         WHERE capture_id > $1 {condition} ORDER BY capture_id {order} LIMIT $2"
    );
    let sql = format!(
        "SELECT capture_id, tenant, id, at, channel, destination, subject, text, html FROM captures \
         WHERE capture_id > $1 {condition} ORDER BY capture_id {order} LIMIT $2"
    );
    let values = |limit: i64| {
        let tenant = tenant.map(|tenant| Value::Text(Some(tenant.as_str())));
        let fixed = [after.unwrap_or(0), limit, before.unwrap_or(i64::MAX)].map(|number| Value::Int(Some(number)));
        fixed.into_iter().chain(tenant).collect::<Vec<_>>()
    };
    let limit = i64::from(limit.min(MAX_PAGE));
    // One more than may be shown tells whether there is more.
    let sizes = session.query(&sizes, &values(limit + 1)).await?;
    let sizes = sizes.iter().map(|row| get(row, "bytes")).collect::<Result<Vec<i64>, _>>()?;
    let there = sizes.len();
    let fitting = i64::try_from(that_fit(sizes.into_iter())).unwrap_or(1).min(limit);
    let rows = session.query(&sql, &values(fitting)).await?;
    let mut captures: Vec<CapturedView> = rows.iter().map(view_of).collect::<Result<_, _>>()?;
    captures.sort_unstable_by_key(|view| view.id);
    let more = captures.len() < there;
    Ok(CapturedPage { captures, more })
}

fn view_of(row: &QueryResult) -> Result<CapturedView, StoreError> {
    Ok(CapturedView {
        id: get(row, "capture_id")?,
        key: key_of(row)?,
        at: Timestamp::from_micros(get(row, "at")?),
        capture: Capture {
            channel: channel_of(row)?,
            destination: get(row, "destination")?,
            subject: get(row, "subject")?,
            text: get(row, "text")?,
            html: get(row, "html")?,
        },
    })
}

const INSERT: &str = "INSERT INTO captures (tenant, id, at, channel, destination, subject, text, html) \
     SELECT u.tenant, u.id, u.at, u.channel, u.destination, u.subject, u.text, u.html FROM {u}";

/// Inserts these captures, then deletes all but the newest `kept` of each of their tenants.
pub(crate) async fn insert(session: &mut Session, captures: &[(&Row, &Capture)], kept: u32) -> Result<(), StoreError> {
    if captures.is_empty() {
        return Ok(());
    }
    let rows = || captures.iter().map(|(row, _)| *row);
    let each = || captures.iter().map(|(_, capture)| *capture);
    let group = Group::of(captures.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .int("at", rows().map(|row| row.updated_at.as_micros()))
        .text("channel", each().map(|capture| capture.channel.as_str()))
        .text("destination", each().map(|capture| capture.destination.as_str()))
        .text("subject", each().map(|capture| capture.subject.as_deref()))
        .text("text", each().map(|capture| capture.text.as_str()))
        .text("html", each().map(|capture| capture.html.as_deref()));
    session.query_group(INSERT, &group).await?;
    let tenants: BTreeSet<&str> = rows().map(|row| row.key.tenant.as_str()).collect();
    prune(session, &tenants, kept).await
}

/// Deletes the oldest captures of these tenants, so that the newest `kept` of each remain. The index on tenants and ids
/// finds both the oldest capture that remains and those before it.
async fn prune(session: &mut Session, tenants: &BTreeSet<&str>, kept: u32) -> Result<(), StoreError> {
    let prune = format!(
        "DELETE FROM captures WHERE capture_id IN (SELECT c.capture_id FROM {{u}} JOIN captures c \
         ON c.tenant = u.tenant AND c.capture_id <= (SELECT o.capture_id FROM captures o WHERE o.tenant = u.tenant \
         ORDER BY o.capture_id DESC LIMIT 1 OFFSET {kept}) ORDER BY c.capture_id LIMIT {PRUNE_BATCH} {{skip_locked}})"
    );
    let group = Group::of(tenants.len()).text("tenant", tenants.iter().copied());
    session.query_group(&prune, &group).await.map(drop)
}

/// How many rows of these sizes, in this order, fit into one page: at least one.
fn that_fit(sizes: impl Iterator<Item = i64>) -> usize {
    let sums = sizes.scan(0_i64, |sum, size| {
        *sum = sum.saturating_add(size);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= PAGE_BYTES).count().max(1)
}
