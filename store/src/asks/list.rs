//! Asks page by page, the newest first. A page is read by an index of the tenant; of what is asked for besides it looks at so
//! many asks at most, and the next page goes on behind them.

use std::fmt;

use domain::{Ask, AskKind, AskState, Tenant, Timestamp};

use super::is_storable;
use super::row::{ASK, ask_of};
use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

/// At so many asks one page looks at most where a state or a kind was asked for.
const ASK_LOOK: usize = 20_000;

/// Which asks to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskFilter {
    pub tenant: Tenant,
    pub state: Option<AskState>,
    pub kind: Option<AskKind>,
    pub correlation_id: Option<String>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
    pub after: Option<AskCursor>,
    /// How many at most, not zero.
    pub limit: usize,
}

/// Asks, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskPage {
    pub asks: Vec<Ask>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<AskCursor>,
}

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskCursor {
    at: i64,
    id: String,
}

impl AskCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let id = Some(id).filter(|id| !id.is_empty() && is_storable(id))?;
        Some(Self { at: at.parse().ok()?, id: id.to_owned() })
    }
}

impl fmt::Display for AskCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl Store {
    /// A page of the asks of a tenant. Where a state or a kind is asked for, it looks at 20,000 asks at most, and may
    /// have fewer than there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asks(&self, filter: &AskFilter) -> Result<AskPage, StoreError> {
        self.asks_within(filter, ASK_LOOK).await
    }

    /// The same by looking at so many asks at most.
    pub(crate) async fn asks_within(&self, filter: &AskFilter, look: usize) -> Result<AskPage, StoreError> {
        if filter.correlation_id.as_deref().is_some_and(|id| !is_storable(id)) {
            return Ok(AskPage { asks: Vec::new(), next: None });
        }
        let wanted = Wanted::of(filter);
        let rows = self.inner.db.hasty_query(&wanted.page(filter.limit, look), &wanted.values).await?;
        let asks: Vec<Ask> = rows.iter().take(filter.limit).map(ask_of).collect::<Result<_, StoreError>>()?;
        let next = if rows.len() > filter.limit {
            asks.last().map(|ask| AskCursor { at: ask.created_at.as_micros(), id: ask.key.id.clone() })
        } else {
            self.last_ask_looked_at(&wanted, look).await?
        };
        Ok(AskPage { asks, next })
    }

    /// The last ask that a page has looked at which has not seen all. None for one that has.
    async fn last_ask_looked_at(&self, wanted: &Wanted<'_>, look: usize) -> Result<Option<AskCursor>, StoreError> {
        if wanted.besides.is_none() {
            return Ok(None);
        }
        let last = look.saturating_sub(1);
        let sql = format!(
            "SELECT created_at, id FROM asks WHERE {} ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET {last}",
            wanted.by_index
        );
        let rows = self.inner.db.hasty_query(&sql, &wanted.values[..wanted.of_index]).await?;
        rows.first().map(|row| Ok(AskCursor { at: get(row, "created_at")?, id: get(row, "id")? })).transpose()
    }
}

/// What was asked for, as conditions on columns.
struct Wanted<'a> {
    /// By these an index is read: the tenant, what its asks are correlated with, the time, and where the page begins.
    by_index: String,
    /// Of these it only looks whether they hold. None where that is all.
    besides: Option<String>,
    values: Vec<Value<'a>>,
    /// How many of the values belong to the index.
    of_index: usize,
}

impl<'a> Wanted<'a> {
    fn of(filter: &'a AskFilter) -> Self {
        let mut values = vec![Value::Text(Some(filter.tenant.as_str()))];
        let mut conditions = vec!["tenant = $1".to_owned()];
        if let Some(correlated) = &filter.correlation_id {
            values.push(Value::Text(Some(correlated)));
            conditions.push(format!("correlation_id = ${}", values.len()));
        }
        for (column, time) in [("created_at >=", filter.from), ("created_at <", filter.until)] {
            let Some(time) = time else { continue };
            values.push(Value::Int(Some(time.as_micros())));
            conditions.push(format!("{column} ${}", values.len()));
        }
        if let Some(AskCursor { at, id }) = &filter.after {
            values.extend([Value::Int(Some(*at)), Value::Text(Some(id))]);
            let (at, id) = (values.len() - 1, values.len());
            conditions.push(format!("created_at <= ${at} AND (created_at, id) < (${at}, ${id})"));
        }
        let of_index = values.len();
        let words = [("state", filter.state.map(AskState::as_str)), ("kind", filter.kind.map(AskKind::as_str))];
        let mut besides = Vec::new();
        for (column, word) in words {
            let Some(word) = word else { continue };
            values.push(Value::Text(Some(word)));
            besides.push(format!("{column} = ${}", values.len()));
        }
        let besides = (!besides.is_empty()).then(|| besides.join(" AND "));
        Self { by_index: conditions.join(" AND "), besides, values, of_index }
    }

    /// One more than may be shown tells whether there is more.
    fn page(&self, limit: usize, look: usize) -> String {
        let Self { by_index, besides, .. } = self;
        let newest = |most: usize| {
            format!("SELECT {ASK} FROM asks WHERE {by_index} ORDER BY created_at DESC, id DESC LIMIT {most}")
        };
        match besides {
            None => newest(limit + 1),
            Some(besides) => format!(
                "SELECT {ASK} FROM ({}) AS looked WHERE {besides} ORDER BY created_at DESC, id DESC LIMIT {}",
                newest(look),
                limit + 1
            ),
        }
    }
}
