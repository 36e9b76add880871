//! Keeps what providers report, of many calls at once: each event once, with when it came for the first time.

use std::collections::{HashMap, HashSet};

use domain::{Report, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Line, Session, get};

/// What became of a report that was to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptReport {
    /// It was not kept before, nor is it the same as one before it in the list.
    pub is_new: bool,
    /// When it came for the first time.
    pub received_at: Timestamp,
}

const INSERT: &str = "INSERT INTO receipts (tenant, id, provider, event_id, epoch, attempt, said, class, provider_id, \
     code, detail, happened_at, received_at) SELECT u.tenant, u.id, u.provider, u.event_id, u.epoch, u.attempt, u.said, \
     u.class, u.provider_id, u.code, u.detail, u.happened_at, u.received_at FROM {u} \
     WHERE TRUE ON CONFLICT (id, tenant, provider, event_id) DO NOTHING \
     RETURNING tenant, id, provider, event_id";

pub(super) const FIND: &str = "SELECT r.tenant, r.id, r.provider, r.event_id, r.received_at FROM {u} JOIN receipts AS r \
     ON r.id = u.id AND r.tenant = u.tenant AND r.provider = u.provider AND r.event_id = u.event_id";

/// The tenant and the id of the delivery, the provider and its id of the event: what one receipt is known by.
pub(crate) type Name = [String; 4];

/// Reports that are to be kept, in the order in which they were said.
pub(crate) struct Keeping {
    /// One for each report. Two who keep the same do so one after the other.
    pub(crate) names: Vec<Name>,
    pub(super) reports: Vec<Report>,
    pub(super) received_at: Timestamp,
}

/// Keeps the reports of a group. Of one that is in it twice the first is new.
pub(crate) async fn commit(line: &mut Line, ops: &[Keeping]) -> Result<Vec<Vec<KeptReport>>, StoreError> {
    let mut session = line.session().await?;
    let mut new = insert(&mut session, ops).await?;
    let is_each_new = ops.iter().flat_map(|op| &op.names).all(|name| new.contains(name));
    let known = if is_each_new {
        HashMap::new()
    } else {
        let reports: Vec<&Report> = ops.iter().flat_map(|op| &op.reports).collect();
        first_times(&mut session, &names(reports)).await?
    };
    line.keep(session);
    let mut first = known;
    let mut kept_of = |op: &Keeping| {
        let kept = |name: &Name| {
            // The same as in a call before it in the group came when that did.
            let received_at = *first.entry(name.clone()).or_insert(op.received_at);
            KeptReport { is_new: new.remove(name), received_at }
        };
        op.names.iter().map(kept).collect()
    };
    Ok(ops.iter().map(&mut kept_of).collect())
}

/// When each of these receipts came for the first time.
async fn first_times(session: &mut Session, names: &Group<'_>) -> Result<HashMap<Name, Timestamp>, StoreError> {
    session.query_group(FIND, names).await?.iter().map(first_of).collect()
}

/// The group of the receipts' names, by which each is looked up.
pub(super) fn names<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Group<'a> {
    let reports: Vec<&Report> = reports.into_iter().collect();
    let about = || reports.iter().map(|report| report.about.as_ref());
    Group::of(reports.len())
        .text("tenant", about().map(|about| about.map_or("", |label| label.key.tenant.as_str())))
        .text("id", about().map(|about| about.map_or("", |label| label.key.id.as_str())))
        .text("provider", reports.iter().map(|report| report.provider))
        .text("event_id", reports.iter().map(|report| report.event_id.as_str()))
}

pub(super) fn name(report: &Report) -> Name {
    let about = report.about.as_ref().map(|label| &label.key);
    let tenant = about.map_or_else(String::new, |key| key.tenant.as_str().to_owned());
    let id = about.map_or_else(String::new, |key| key.id.clone());
    [tenant, id, report.provider.to_owned(), report.event_id.clone()]
}

pub(super) fn name_of(row: &QueryResult) -> Result<Name, StoreError> {
    Ok([get(row, "tenant")?, get(row, "id")?, get(row, "provider")?, get(row, "event_id")?])
}

fn first_of(row: &QueryResult) -> Result<(Name, Timestamp), StoreError> {
    Ok((name_of(row)?, Timestamp::from_micros(get(row, "received_at")?)))
}

/// Returns the names of those that were not kept before. They are written in the order of their names: two processes that
/// keep the same ones then never wait for each other.
async fn insert<'a>(session: &mut Session, ops: &'a [Keeping]) -> Result<HashSet<Name>, StoreError> {
    let of = |op: &'a Keeping| op.names.iter().zip(&op.reports).map(|(name, report)| (name, report, op.received_at));
    let mut rows: Vec<(&Name, &Report, Timestamp)> = ops.iter().flat_map(of).collect();
    // The sort is stable: of one that is there twice, the first stays first.
    rows.sort_by_key(|(name, ..)| *name);
    let reports = || rows.iter().map(|(_, report, _)| *report);
    let about = || reports().map(|report| report.about.as_ref());
    let group = names(reports())
        .int("epoch", about().map(|about| about.map_or(0, |label| i64::from(label.epoch))))
        .int("attempt", about().map(|about| about.map_or(0, |label| i64::from(label.attempt))))
        .text("said", reports().map(|report| report.said.as_str()))
        .text("class", reports().map(|report| report.said.class()))
        .text("provider_id", reports().map(|report| report.provider_id.as_deref()))
        .text("code", reports().map(|report| report.code.as_deref()))
        .text("detail", reports().map(|report| report.detail.as_str()))
        .int("happened_at", reports().map(|report| report.at.map(Timestamp::as_micros)))
        .int("received_at", rows.iter().map(|(_, _, received_at)| received_at.as_micros()));
    session.query_group(INSERT, &group).await?.iter().map(name_of).collect()
}
