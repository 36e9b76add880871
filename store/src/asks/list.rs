//! Asks page by page, the newest first. A page is read by an index of the tenant; of what is asked for besides it looks at so
//! many asks at most, and the next page goes on behind them.

use domain::{Ask, AskKind, AskState, Tenant, Timestamp};

use super::row::{ASK, ask_of};
use crate::error::StoreError;
use crate::sql::{Asked, Conditions, Filtering, PAGE_LOOK, PageCursor, Pager, fingerprint};
use crate::store::Store;

const ASKS: Pager = Pager { table: "asks", columns: &[ASK], time: "created_at" };

/// Where a page of asks ended.
pub type AskCursor = PageCursor;

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

impl Filtering for AskFilter {
    fn fingerprint(&self) -> String {
        let Self { tenant, state, kind, correlation_id, from, until, after: _, limit: _ } = self;
        let words = (
            (tenant.as_str(), state.map(AskState::as_str), kind.map(AskKind::as_str), correlation_id),
            (from.map(Timestamp::as_micros), until.map(Timestamp::as_micros)),
        );
        fingerprint("asks", words, &[])
    }
}

impl Store {
    /// A page of the asks of a tenant. Where a state or a kind is asked for, it looks at 10,000 asks at most, and may
    /// have fewer than there are. The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asks(&self, filter: &AskFilter) -> Result<AskPage, StoreError> {
        self.asks_within(filter, PAGE_LOOK).await
    }

    /// The same by looking at so many asks at most.
    pub(crate) async fn asks_within(&self, filter: &AskFilter, look: usize) -> Result<AskPage, StoreError> {
        let by_index = [("tenant", Some(filter.tenant.as_str())), ("correlation_id", filter.correlation_id.as_deref())];
        let asked = Asked {
            by_index: Conditions::equal(&by_index),
            besides: &[("state", filter.state.map(AskState::as_str)), ("kind", filter.kind.map(AskKind::as_str))],
            from: filter.from,
            until: filter.until,
            after: filter.after.as_ref(),
            limit: filter.limit,
            look,
        };
        let found = ASKS.page(&self.inner.db, filter, asked, ask_of).await?;
        Ok(AskPage { asks: found.rows, next: found.next })
    }
}
