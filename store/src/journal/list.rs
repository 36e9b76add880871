//! Reads the journal: the newest first, as it was told. A page is read by the index of one thing that was asked for; where
//! more was, it looks at so many entries of that index at most, and the next page goes on behind them.

use std::fmt;

use domain::{JournalRow, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// At so many entries one page looks at most where more than one thing was asked for.
pub const JOURNAL_LOOK: usize = 20_000;

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
    /// The page has looked at as many entries as it may, and has fewer than were asked for: there may be none on it.
    pub is_cut: bool,
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

/// What was asked for, as conditions on columns.
struct Asked<'a> {
    /// By these an index is read: one thing, the time, and where the page begins.
    by_index: String,
    /// Of these it only looks whether they hold. None where that is all.
    besides: Option<String>,
    values: Vec<Value<'a>>,
    /// How many of the values belong to the index.
    of_index: usize,
}

impl Store {
    /// A page of the journal. Where more than one of actor, kind, subject and tenant is asked for, it looks at
    /// [`JOURNAL_LOOK`] entries at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_page(&self, filter: &JournalFilter) -> Result<JournalPage, StoreError> {
        self.journal_within(filter, JOURNAL_LOOK).await
    }

    /// The same by looking at so many entries at most.
    pub(crate) async fn journal_within(&self, filter: &JournalFilter, look: usize) -> Result<JournalPage, StoreError> {
        let named = [&filter.actor, &filter.kind, &filter.subject];
        if named.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(JournalPage { entries: Vec::new(), next: None, is_cut: false });
        }
        let asked = Asked::of(filter);
        let rows = self.inner.db.hasty_query(&asked.page(filter.limit, look), &asked.values).await?;
        let entry = |row| Ok(JournalEntry { row: row_of(row)?, seq: get(row, "seq")? });
        let entries: Vec<JournalEntry> =
            rows.iter().take(filter.limit).map(entry).collect::<Result<_, StoreError>>()?;
        if rows.len() > filter.limit {
            let next = entries.last().map(|last| JournalCursor { at: last.row.at, id: last.row.id.clone() });
            return Ok(JournalPage { entries, next, is_cut: false });
        }
        let next = self.last_looked_at(&asked, look).await?;
        Ok(JournalPage { entries, is_cut: next.is_some(), next })
    }

    /// The last entry that a page has looked at which has not seen all. None for one that has.
    async fn last_looked_at(&self, asked: &Asked<'_>, look: usize) -> Result<Option<JournalCursor>, StoreError> {
        if asked.besides.is_none() {
            return Ok(None);
        }
        let last = look.saturating_sub(1);
        let sql = format!(
            "SELECT at, id FROM journal WHERE {} ORDER BY at DESC, id DESC LIMIT 1 OFFSET {last}",
            asked.by_index
        );
        let rows = self.inner.db.hasty_query(&sql, &asked.values[..asked.of_index]).await?;
        rows.first().map(|row| Ok(JournalCursor { at: get(row, "at")?, id: get(row, "id")? })).transpose()
    }
}

impl<'a> Asked<'a> {
    fn of(filter: &'a JournalFilter) -> Self {
        // What names the fewest entries goes first: each of these columns has an index.
        let named = [
            ("subject", filter.subject.as_deref()),
            ("actor", filter.actor.as_deref()),
            ("kind", filter.kind.as_deref()),
            ("tenant", filter.tenant.as_ref().map(Tenant::as_str)),
        ];
        let mut named = named.into_iter().filter_map(|(column, text)| Some((column, text?)));
        let (mut conditions, mut values) = (vec!["TRUE".to_owned()], Vec::new());
        let equals = |(column, text): (&str, &'a str), values: &mut Vec<Value<'a>>| {
            values.push(Value::Text(Some(text)));
            format!("{column} = ${}", values.len())
        };
        conditions.extend(named.next().map(|first| equals(first, &mut values)));
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
        let of_index = values.len();
        let besides: Vec<String> = named.map(|one| equals(one, &mut values)).collect();
        let besides = (!besides.is_empty()).then(|| besides.join(" AND "));
        Self { by_index: conditions.join(" AND "), besides, values, of_index }
    }

    /// One more than may be shown tells whether there is more.
    fn page(&self, limit: usize, look: usize) -> String {
        let Self { by_index, besides, .. } = self;
        let newest = |most: usize| {
            format!("SELECT {COLUMNS}, seq FROM journal WHERE {by_index} ORDER BY at DESC, id DESC LIMIT {most}")
        };
        match besides {
            None => newest(limit + 1),
            Some(besides) => format!(
                "SELECT {COLUMNS}, seq FROM ({}) AS looked WHERE {besides} ORDER BY at DESC, id DESC LIMIT {}",
                newest(look),
                limit + 1
            ),
        }
    }
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
