//! The rows of a table page by page, the newest first. A page is read by an index; where something is asked for that no index
//! has, it looks at so many rows at most, and the next page goes on behind them.

use domain::Timestamp;
use sea_orm::QueryResult;

use super::columns::get;
use super::conditions::Conditions;
use super::cursor::{Filtering, PageCursor, Place};
use super::db::Db;
use super::value::Value;
use crate::error::StoreError;

/// At so many rows a page looks at most where something is asked for that no index has.
pub(crate) const PAGE_LOOK: usize = 10_000;

/// A table whose rows are told apart by their `id` and listed by their time.
pub(crate) struct Pager {
    pub(crate) table: &'static str,
    /// The columns that are read, the `id` and the time among them.
    pub(crate) columns: &'static [&'static str],
    /// The column of the time.
    pub(crate) time: &'static str,
}

/// Which rows to read.
pub(crate) struct Asked<'a> {
    /// An index of the table is read by these, by the time and from where the page begins, until the page is full.
    pub(crate) by_index: Conditions<'a>,
    /// The texts that other columns must have: of these a page only looks whether they hold.
    pub(crate) besides: &'a [(&'static str, Option<&'a str>)],
    /// Of this time or later.
    pub(crate) from: Option<Timestamp>,
    /// Before this time.
    pub(crate) until: Option<Timestamp>,
    pub(crate) after: Option<&'a PageCursor>,
    /// How many at most, not zero.
    pub(crate) limit: usize,
    /// At how many a page looks at most where something is asked for besides.
    pub(crate) look: usize,
}

/// What was found, the newest first.
pub(crate) struct Found<T> {
    pub(crate) rows: Vec<T>,
    /// Where the next page begins. None when this page is the last.
    pub(crate) next: Option<PageCursor>,
    /// The page has looked at as many rows as it may, and has fewer than were asked for: there may be none on it.
    pub(crate) is_cut: bool,
}

/// What was asked for, as it stands in a statement.
struct Wanted<'a> {
    by_index: String,
    /// None where the index serves all.
    besides: Option<String>,
    values: Vec<Value<'a>>,
    /// How many of the values belong to the index.
    of_index: usize,
}

impl Pager {
    /// A page of the table, in which `read` makes of each row what is listed. Where the next begins is of this filter.
    pub(crate) async fn page<T>(
        &self,
        db: &Db,
        filter: &impl Filtering,
        asked: Asked<'_>,
        read: fn(&QueryResult) -> Result<T, StoreError>,
    ) -> Result<Found<T>, StoreError> {
        let (limit, look) = (asked.limit, asked.look);
        let wanted = self.wanted(asked);
        // Postgres can neither store nor compare a NUL, so no row has such a text.
        if wanted.values.iter().any(|value| matches!(value, Value::Text(Some(text)) if text.contains('\0'))) {
            return Ok(Found { rows: Vec::new(), next: None, is_cut: false });
        }
        let found = db.hasty_query(&self.newest(&wanted, limit, look), &wanted.values).await?;
        let rows: Vec<T> = found.iter().take(limit).map(read).collect::<Result<_, StoreError>>()?;
        if found.len() > limit {
            let last = found[..limit].last().map(|row| self.place_of(row)).transpose()?;
            return Ok(Found { rows, next: last.map(|last| last.of(filter)), is_cut: false });
        }
        let last = self.last_looked_at(db, &wanted, look).await?;
        Ok(Found { rows, is_cut: last.is_some(), next: last.map(|last| last.of(filter)) })
    }

    /// The last row that a page has looked at which has not seen all. None for one that has.
    async fn last_looked_at(&self, db: &Db, wanted: &Wanted<'_>, look: usize) -> Result<Option<Place>, StoreError> {
        if wanted.besides.is_none() {
            return Ok(None);
        }
        let Self { table, time, .. } = self;
        let (by_index, last) = (&wanted.by_index, look.saturating_sub(1));
        let sql = format!(
            "SELECT {time}, id FROM {table} WHERE {by_index} ORDER BY {time} DESC, id DESC LIMIT 1 OFFSET {last}"
        );
        let rows = db.hasty_query(&sql, &wanted.values[..wanted.of_index]).await?;
        rows.first().map(|row| self.place_of(row)).transpose()
    }

    fn place_of(&self, row: &QueryResult) -> Result<Place, StoreError> {
        Ok(Place { at: Timestamp::from_micros(get(row, self.time)?), row: get(row, "id")? })
    }

    /// What is said of the time alone repeats what is said of both, because the index serves only the first.
    fn wanted<'a>(&self, asked: Asked<'a>) -> Wanted<'a> {
        let (time, mut all) = (self.time, asked.by_index);
        for (compare, at) in [(">=", asked.from), ("<", asked.until)] {
            if let Some(at) = at {
                all.add(&format!("{time} {compare} ?"), [Value::Int(Some(at.as_micros()))]);
            }
        }
        if let Some(PageCursor { place, .. }) = asked.after {
            let (at, id) = (Value::Int(Some(place.at.as_micros())), Value::Text(Some(&place.row)));
            all.add(&format!("{time} <= ? AND ({time}, id) < (?, ?)"), [at, at, id]);
        }
        let (by_index, of_index) = (all.text(), all.values.len());
        all.texts.clear();
        all.add_equal(asked.besides);
        let besides = (!all.texts.is_empty()).then(|| all.text());
        Wanted { by_index, besides, values: all.values, of_index }
    }

    /// One more than may be shown tells whether there is more.
    fn newest(&self, wanted: &Wanted<'_>, limit: usize, look: usize) -> String {
        let Self { table, time, .. } = self;
        let (columns, by_index) = (self.columns.join(", "), &wanted.by_index);
        let order = format!("ORDER BY {time} DESC, id DESC");
        let newest = |most: usize| format!("SELECT {columns} FROM {table} WHERE {by_index} {order} LIMIT {most}");
        match &wanted.besides {
            None => newest(limit + 1),
            Some(besides) => format!(
                "SELECT {columns} FROM ({}) AS looked WHERE {besides} {order} LIMIT {}",
                newest(look),
                limit + 1
            ),
        }
    }
}
