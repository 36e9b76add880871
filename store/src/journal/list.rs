//! Reads the journal: the newest first, as it was told. A page is read by the index of one thing that was asked for; where
//! more was, it looks at so many entries of that index at most, and the next page goes on behind them.

use domain::{JournalRow, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Asked, Conditions, Filtering, PAGE_LOOK, PageCursor, Pager, fingerprint, get};
use crate::store::Store;

/// At so many entries one page looks at most where more than one thing was asked for.
pub const JOURNAL_LOOK: usize = PAGE_LOOK;

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

/// Where a page of the journal ended.
pub type JournalCursor = PageCursor;

pub(super) const COLUMNS: &str = "id, tenant, kind, subject, actor, at, data";

const JOURNAL: Pager = Pager { table: "journal", columns: &[COLUMNS, "seq"], time: "at" };

impl Filtering for JournalFilter {
    fn fingerprint(&self) -> String {
        let Self { tenant, actor, kind, subject, since, until, after: _, limit: _ } = self;
        let words = (
            (tenant.as_ref().map(Tenant::as_str), actor, kind, subject),
            (since.map(Timestamp::as_micros), until.map(Timestamp::as_micros)),
        );
        fingerprint("journal", words, &[])
    }
}

impl Store {
    /// A page of the journal. Where more than one of actor, kind, subject and tenant is asked for, it looks at
    /// [`JOURNAL_LOOK`] entries at most. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_page(&self, filter: &JournalFilter) -> Result<JournalPage, StoreError> {
        self.journal_within(filter, JOURNAL_LOOK).await
    }

    /// The same by looking at so many entries at most.
    pub(crate) async fn journal_within(&self, filter: &JournalFilter, look: usize) -> Result<JournalPage, StoreError> {
        // What names the fewest entries goes first: each of these columns has an index.
        let named = [
            ("subject", filter.subject.as_deref()),
            ("actor", filter.actor.as_deref()),
            ("kind", filter.kind.as_deref()),
            ("tenant", filter.tenant.as_ref().map(Tenant::as_str)),
        ];
        let named: Vec<_> = named.into_iter().filter(|(_, text)| text.is_some()).collect();
        let (first, besides) = named.split_at(named.len().min(1));
        let asked = Asked {
            by_index: Conditions::equal(first),
            besides,
            from: filter.since,
            until: filter.until,
            after: filter.after.as_ref(),
            limit: filter.limit,
            look,
        };
        let found = JOURNAL.page(&self.inner.db, filter, asked, entry_of).await?;
        Ok(JournalPage { entries: found.rows, next: found.next, is_cut: found.is_cut })
    }
}

fn entry_of(row: &QueryResult) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry { row: row_of(row)?, seq: get(row, "seq")? })
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
