//! Reads the journal: the newest first, as it was told.

use std::fmt;

use domain::{JournalRow, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// Which entries to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JournalFilter {
    /// None for those of all tenants.
    pub tenant: Option<Tenant>,
    pub actor: Option<String>,
    pub kind: Option<String>,
    pub subject: Option<String>,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    pub after: Option<JournalCursor>,
    /// How many at most, not zero.
    pub limit: usize,
}

/// One entry, and its place in the chain once it is sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    pub row: JournalRow,
    pub seq: Option<i64>,
}

/// Entries, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalPage {
    pub entries: Vec<JournalEntry>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<JournalCursor>,
}

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalCursor {
    at: i64,
    id: String,
}

impl JournalCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        // No id holds a NUL, which Postgres could not compare.
        let id = Some(id).filter(|id| !id.is_empty() && !id.contains('\0'))?;
        Some(Self { at: at.parse().ok()?, id: id.to_owned() })
    }
}

impl fmt::Display for JournalCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

pub(super) const COLUMNS: &str = "id, tenant, kind, subject, actor, at, data";

impl Store {
    /// A page of the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_page(&self, filter: &JournalFilter) -> Result<JournalPage, StoreError> {
        let named = [&filter.actor, &filter.kind, &filter.subject];
        if named.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(JournalPage { entries: Vec::new(), next: None });
        }
        let (condition, values) = condition(filter);
        let sql = format!(
            "SELECT {COLUMNS}, seq FROM journal WHERE {condition} ORDER BY at DESC, id DESC LIMIT {}",
            filter.limit + 1
        );
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        let entry = |row| Ok(JournalEntry { row: row_of(row)?, seq: get(row, "seq")? });
        let entries: Vec<JournalEntry> =
            rows.iter().take(filter.limit).map(entry).collect::<Result<_, StoreError>>()?;
        let last = entries.last().filter(|_| rows.len() > filter.limit);
        let next = last.map(|last| JournalCursor { at: last.row.at, id: last.row.id.clone() });
        Ok(JournalPage { entries, next })
    }
}

fn condition(filter: &JournalFilter) -> (String, Vec<Value<'_>>) {
    let (mut conditions, mut values) = (vec!["TRUE".to_owned()], Vec::new());
    let texts = [
        ("tenant =", filter.tenant.as_ref().map(Tenant::as_str)),
        ("actor =", filter.actor.as_deref()),
        ("kind =", filter.kind.as_deref()),
        ("subject =", filter.subject.as_deref()),
    ];
    for (column, text) in texts.into_iter().filter_map(|(column, text)| Some((column, text?))) {
        values.push(Value::Text(Some(text)));
        conditions.push(format!("{column} ${}", values.len()));
    }
    for (column, time) in [("at >=", filter.since), ("at <", filter.until)] {
        let Some(time) = time else { continue };
        values.push(Value::Int(Some(time.as_micros())));
        conditions.push(format!("{column} ${}", values.len()));
    }
    if let Some(JournalCursor { at, id }) = &filter.after {
        values.extend([Value::Int(Some(*at)), Value::Text(Some(id))]);
        let (at, id) = (values.len() - 1, values.len());
        conditions.push(format!("at <= ${at} AND (at, id) < (${at}, ${id})"));
    }
    (conditions.join(" AND "), values)
}

pub(super) fn row_of(row: &QueryResult) -> Result<JournalRow, StoreError> {
    Ok(JournalRow {
        id: get(row, "id")?,
        tenant: get(row, "tenant")?,
        kind: get(row, "kind")?,
        subject: get(row, "subject")?,
        actor: get(row, "actor")?,
        at: get(row, "at")?,
        data: get(row, "data")?,
    })
}
