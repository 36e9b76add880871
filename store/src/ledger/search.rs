//! Lists of deliveries. Each is read in the order of one index, and no index has a column that changes while a delivery
//! is under way: what does change is looked at in the rows, so many of them at a time and no more.
//!
//! | asked for | index | order |
//! |---|---|---|
//! | the beginning of the id | the primary key | the ids' |
//! | a recipient | `deliveries_of_recipient` | the newest first |
//! | a tenant | `deliveries_of_tenant` | the newest first |
//! | neither | `deliveries_created_at` | the newest first |

use std::time::Duration;

use domain::{ChannelName, Key, Reason, RecipientHash, State, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::input::page_size;
use super::row::COLUMNS;
use super::views::{DeliveryView, Shown, shown_of, with_attempts};
use crate::error::StoreError;
use crate::sql::{self, Conditions, Filtering, PageCursor, Session, Value, fingerprint, get, key_of};
use crate::store::Store;

/// How many rows of the index one page looks at when something is asked for that no index has. So many take some tens of
/// milliseconds on either database.
pub const LOOK: usize = 10_000;

/// The same in the order of ids, in which neighbours are far apart in the table: each may be another page of it.
pub const LOOK_BY_ID: usize = 1_000;

/// How many rows it looks at first, for each delivery that is asked for: enough for what is not rare, and a small part of
/// what all would cost.
const LOOK_FIRST: usize = 50;

/// Postgres ends a statement of a list after this time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Which deliveries to list. What is left out lists all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    pub tenant: Option<Tenant>,
    pub state: Option<State>,
    pub ambiguous: Option<bool>,
    /// Every hash that the recipient may have. An empty list lists the deliveries of every recipient.
    pub recipient: Vec<RecipientHash>,
    pub channel: Option<ChannelName>,
    /// Who answered the last attempt.
    pub provider: Option<String>,
    pub template: Option<String>,
    /// Why the letter is in the dead-letter queue.
    pub reason: Option<Reason>,
    /// What the last attempt was answered.
    pub code: Option<String>,
    /// First seen at this time or later.
    pub from: Option<Timestamp>,
    /// First seen before this time.
    pub until: Option<Timestamp>,
    /// How the id begins.
    pub id_prefix: Option<String>,
    pub after: Option<Cursor>,
    /// 1 to 1,000; 0 stands for 100.
    pub limit: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// May be fewer than were asked for, or none, although there is a next page: see [`Store::deliveries`].
    pub deliveries: Vec<DeliveryView>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<Cursor>,
}

/// Where a page of deliveries ended.
pub type Cursor = PageCursor<Key>;

/// A row's place in both orders.
type Place = sql::Place<Key>;

impl Filtering for Filter {
    fn fingerprint(&self) -> String {
        let words = (
            (self.tenant.as_ref().map(Tenant::as_str), self.state.map(State::as_str), self.ambiguous),
            (self.channel.as_ref().map(ChannelName::as_str), self.provider.as_deref(), self.template.as_deref()),
            (self.reason.map(Reason::as_str), self.code.as_deref(), self.id_prefix.as_deref()),
            (self.from.map(Timestamp::as_micros), self.until.map(Timestamp::as_micros)),
        );
        fingerprint("deliveries", words, &self.recipient)
    }
}

impl Filter {
    /// Whether pages are in the order of ids. Otherwise they are in that of time.
    fn is_by_id(&self) -> bool {
        self.id_prefix.is_some()
    }
}

impl Store {
    /// Lists deliveries: the newest first, or in the order of their ids where their beginning is asked for. A page looks at
    /// so many rows and no more where something is asked for that no index has, such as a state: an index of what changes
    /// would make every delivery cost twice as much on Postgres. Such a page may therefore have few deliveries, or none,
    /// and a next page. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unavailable`] also when Postgres took too long.
    pub async fn deliveries(&self, filter: Filter) -> Result<Page, StoreError> {
        let look = if filter.is_by_id() { LOOK_BY_ID } else { LOOK };
        self.page(filter, look).await
    }

    /// The same with a look of another length.
    pub(crate) async fn page(&self, filter: Filter, look: usize) -> Result<Page, StoreError> {
        let size = page_size(filter.limit);
        let search = Search::of(&filter);
        let first = look.min(size.saturating_mul(LOOK_FIRST));
        let mut session = self.inner.db.hasty_reader(TIMEOUT).await?;
        let mut found = search.look(&mut session, size, first).await?;
        if !found.is_full && found.next.is_some() && first < look {
            found = search.look(&mut session, size, look).await?;
        }
        let deliveries = with_attempts(&mut session, found.rows).await?;
        session.commit().await?;
        Ok(Page { deliveries, next: found.next.map(|place| place.of(&filter)) })
    }
}

/// What one look has found.
struct Found {
    rows: Vec<Shown>,
    /// There are as many as were asked for, and more.
    is_full: bool,
    /// Where the next look begins. None when there is nothing behind this one.
    next: Option<Place>,
}

/// A filter on its way to a statement.
struct Search<'a> {
    filter: &'a Filter,
    /// The first text behind all those that begin as the ids that are asked for.
    behind: Option<String>,
}

impl<'a> Search<'a> {
    fn of(filter: &'a Filter) -> Self {
        Self { filter, behind: filter.id_prefix.as_deref().and_then(behind) }
    }

    /// Looks at so many rows of the index.
    async fn look(&self, session: &mut Session, size: usize, look: usize) -> Result<Found, StoreError> {
        let end = self.end(session, look).await?;
        let (sql, values) = self.listing(end.as_ref(), size + 1);
        let found = session.query(&sql, &values).await?;
        let mut rows: Vec<Shown> = found.iter().map(shown_of).collect::<Result<_, _>>()?;
        let is_full = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().map(|Shown { row, .. }| Place { at: row.created_at, row: row.key.clone() });
        Ok(Found { rows, is_full, next: if is_full { last } else { end } })
    }

    /// The last row at which this page looks, where there are more behind it. None where it need not look so far.
    async fn end(&self, session: &mut Session, look: usize) -> Result<Option<Place>, StoreError> {
        let is_read_from_rows = !self.read().texts.is_empty() || !self.filter.recipient.is_empty();
        if !is_read_from_rows {
            return Ok(None);
        }
        let indexed = self.indexed();
        // In the order of ids the time says nothing, and the index alone has the rest.
        let at = if self.filter.is_by_id() { "CAST(0 AS BIGINT)" } else { "d.created_at" };
        let sql = format!(
            "SELECT {at} AS created_at, d.tenant, d.id FROM deliveries AS d WHERE {} ORDER BY {} LIMIT 1 OFFSET {}",
            indexed.text(),
            self.order(),
            look.saturating_sub(1),
        );
        session.query(&sql, &indexed.values).await?.first().map(place_of).transpose()
    }

    fn listing<'b>(&'b self, end: Option<&'b Place>, limit: usize) -> (String, Vec<Value<'b>>) {
        let mut all = self.indexed();
        if let Some(end) = end {
            self.add_place(&mut all, end, if self.filter.is_by_id() { "<=" } else { ">=" });
        }
        self.add_read(&mut all);
        let (conditions, order) = (all.text(), self.order());
        let sql = format!("SELECT {COLUMNS} FROM deliveries AS d WHERE {conditions} ORDER BY {order} LIMIT {limit}");
        (sql, all.values)
    }

    /// The conditions that the index serves, and whose the deliveries are: no cursor names one of another tenant.
    fn indexed(&self) -> Conditions<'_> {
        let filter = self.filter;
        let mut all = Conditions::default();
        let is_by_tenant = !filter.is_by_id() && filter.recipient.is_empty();
        if let Some(prefix) = filter.id_prefix.as_deref() {
            all.add("d.id >= ?", [Value::Text(Some(prefix))]);
            if let Some(behind) = self.behind.as_deref() {
                all.add("d.id < ?", [Value::Text(Some(behind))]);
            }
        } else {
            self.add_times(&mut all);
            self.add_recipient(&mut all);
        }
        if let Some(tenant) = &filter.tenant {
            // The expression is the one that is indexed: see the migration that makes the index.
            let condition = if is_by_tenant { "(d.tenant || '') = ?" } else { "d.tenant = ?" };
            all.add(condition, [Value::Text(Some(tenant.as_str()))]);
        }
        if let Some(PageCursor { place, .. }) = &filter.after {
            self.add_place(&mut all, place, if filter.is_by_id() { ">" } else { "<" });
        }
        all
    }

    /// The conditions that are read from the rows.
    fn read(&self) -> Conditions<'_> {
        let mut read = Conditions::default();
        self.add_read(&mut read);
        read
    }

    fn add_read<'b>(&'b self, all: &mut Conditions<'b>) {
        let filter = self.filter;
        if filter.is_by_id() {
            self.add_times(all);
            self.add_recipient(all);
        }
        let texts = [
            ("d.channel = ?", filter.channel.as_ref().map(ChannelName::as_str)),
            ("d.state = ?", filter.state.map(State::as_str)),
            ("d.provider = ?", filter.provider.as_deref()),
            ("d.template = ?", filter.template.as_deref()),
            ("d.code = ?", filter.code.as_deref()),
            // A row that was moved since may still have it.
            ("d.state IN ('dead', 'held') AND d.order_reason = ?", filter.reason.map(Reason::as_str)),
        ];
        for (condition, text) in texts {
            if text.is_some() {
                all.add(condition, [Value::Text(text)]);
            }
        }
        if let Some(ambiguous) = filter.ambiguous {
            all.add("d.ambiguous = ?", [Value::Flag(ambiguous)]);
        }
    }

    fn add_recipient<'b>(&'b self, all: &mut Conditions<'b>) {
        all.add_hashes("d.recipient_hash", &self.filter.recipient);
    }

    fn add_times(&self, all: &mut Conditions<'_>) {
        let Filter { from, until, .. } = self.filter;
        for (condition, at) in [("d.created_at >= ?", from), ("d.created_at < ?", until)] {
            if let Some(at) = at {
                all.add(condition, [Value::Int(Some(at.as_micros()))]);
            }
        }
    }

    /// Where the rows stand to this place. The first of two conditions repeats what the second says, because an index
    /// need not serve the comparison of several columns.
    fn add_place<'b>(&self, all: &mut Conditions<'b>, place: &'b Place, compare: &str) {
        let loosely = &compare[..1];
        let at = Value::Int(Some(place.at.as_micros()));
        let (id, tenant) = (Value::Text(Some(&place.row.id)), Value::Text(Some(place.row.tenant.as_str())));
        if self.filter.is_by_id() {
            all.add(&format!("d.id {loosely}= ? AND (d.id, d.tenant) {compare} (?, ?)"), [id, id, tenant]);
        } else if self.filter.tenant.is_some() {
            all.add(&format!("d.created_at {loosely}= ? AND (d.created_at, d.id) {compare} (?, ?)"), [at, at, id]);
        } else {
            let condition = format!("d.created_at {loosely}= ? AND (d.created_at, d.tenant, d.id) {compare} (?, ?, ?)");
            all.add(&condition, [at, at, tenant, id]);
        }
    }

    fn order(&self) -> &'static str {
        if self.filter.is_by_id() {
            "d.id, d.tenant"
        } else if self.filter.tenant.is_some() {
            "d.created_at DESC, d.id DESC"
        } else {
            "d.created_at DESC, d.tenant DESC, d.id DESC"
        }
    }
}

fn place_of(row: &QueryResult) -> Result<Place, StoreError> {
    Ok(Place { at: Timestamp::from_micros(get(row, "created_at")?), row: key_of(row)? })
}

/// The first text behind all those that begin with `prefix`, in the order of their bytes, which is that of their
/// characters. None where nothing is behind them.
fn behind(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // No character has the numbers from U+D800 to U+DFFF.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests;
