//! Verifications for people who look at them: a page of a tenant's, the newest first, and how many of their codes were
//! entered, by country or by prefix.

use domain::{ChannelName, Content, Conversion, Tenant, Timestamp, Verification, VerificationState};
use sea_orm::QueryResult;

use super::{VERIFICATION, verification_of};
use crate::error::StoreError;
use crate::sql::{
    Asked, Conditions, Filtering, PAGE_LOOK, PageCursor, Pager, Value, content_of, count_of, fingerprint, get,
};
use crate::store::Store;

const VERIFICATIONS: Pager = Pager { table: "verifications", columns: &[VERIFICATION], time: "created_at" };

/// The most countries or prefixes that are told at once.
const MAX_CONVERTED: u32 = 100;
/// The most verifications that are counted for that, the newest.
const MOST_COUNTED: u32 = 100_000;

/// Which verifications to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerificationFilter {
    pub tenant: Tenant,
    pub state: Option<VerificationState>,
    pub channel: Option<ChannelName>,
    pub purpose: Option<String>,
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    pub after: Option<VerificationCursor>,
    /// How many at most, not zero.
    pub limit: usize,
}

/// Where a page of verifications ended.
pub type VerificationCursor = PageCursor;

/// Verifications, those begun last first.
#[derive(Clone, PartialEq, Debug)]
pub struct VerificationPage {
    pub verifications: Vec<Verification>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<VerificationCursor>,
}

/// By what conversion is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConversionBy {
    DialCode,
    /// By the keyed hash of a number without its last four digits.
    Prefix,
}

/// How many codes to one country or prefix were entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// None for all that go to no number.
    pub dial_code: Option<String>,
    /// None where it is counted by country.
    pub prefix: Option<Content>,
    /// Of those that were sent and have ended.
    pub conversion: Conversion,
    /// How many the guard has blocked.
    pub blocked: u32,
}

impl ConversionBy {
    const fn columns(self) -> &'static str {
        match self {
            Self::DialCode => "dial_code",
            Self::Prefix => "dial_code, prefix",
        }
    }
}

impl Filtering for VerificationFilter {
    fn fingerprint(&self) -> String {
        let Self { tenant, state, channel, purpose, since, until, after: _, limit: _ } = self;
        let words = (
            (tenant.as_str(), state.map(VerificationState::as_str), channel.as_ref().map(ChannelName::as_str), purpose),
            (since.map(Timestamp::as_micros), until.map(Timestamp::as_micros)),
        );
        fingerprint("verifications", words, &[])
    }
}

impl Store {
    /// A page of a tenant's verifications. There is no code in it and no address: the ledger has neither.
    /// The cursor must be of the same filter ([`PageCursor::is_of`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verifications(&self, filter: &VerificationFilter) -> Result<VerificationPage, StoreError> {
        let by_index = [
            ("tenant", Some(filter.tenant.as_str())),
            ("state", filter.state.map(VerificationState::as_str)),
            ("channel", filter.channel.as_ref().map(ChannelName::as_str)),
            ("purpose", filter.purpose.as_deref()),
        ];
        let asked = Asked {
            by_index: Conditions::equal(&by_index),
            besides: &[],
            from: filter.since,
            until: filter.until,
            after: filter.after.as_ref(),
            limit: filter.limit,
            look: PAGE_LOOK,
        };
        let found = VERIFICATIONS.page(&self.inner.db, filter, asked, verification_of).await?;
        Ok(VerificationPage { verifications: found.rows, next: found.next })
    }

    /// How many codes of a tenant's verifications that were begun since then were entered, the countries or prefixes to
    /// which most were sent first, at most a hundred.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verification_conversions(
        &self,
        tenant: &Tenant,
        since: Timestamp,
        by: ConversionBy,
    ) -> Result<Vec<Converted>, StoreError> {
        let columns = by.columns();
        let sql = format!(
            "SELECT {columns}, \
             COUNT(CASE WHEN sends > 0 AND state IN ('approved', 'expired', 'exhausted') THEN 1 END) AS sent, \
             COUNT(CASE WHEN sends > 0 AND state = 'approved' THEN 1 END) AS approved, \
             COUNT(CASE WHEN state = 'blocked' THEN 1 END) AS blocked \
             FROM (SELECT {columns}, sends, state FROM verifications WHERE tenant = $1 AND created_at > $2 \
             ORDER BY created_at DESC LIMIT {MOST_COUNTED}) AS v \
             GROUP BY {columns} ORDER BY sent DESC, blocked DESC, {columns} LIMIT {MAX_CONVERTED}"
        );
        let values = [Value::Text(Some(tenant.as_str())), Value::Int(Some(since.as_micros()))];
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        rows.iter().map(|row| converted_of(row, by)).collect()
    }
}

fn converted_of(row: &QueryResult, by: ConversionBy) -> Result<Converted, StoreError> {
    let prefix = match by {
        ConversionBy::DialCode => None,
        ConversionBy::Prefix => content_of(row, "prefix")?,
    };
    Ok(Converted {
        dial_code: get(row, "dial_code")?,
        prefix,
        conversion: Conversion { sent: count_of(row, "sent")?, approved: count_of(row, "approved")? },
        blocked: count_of(row, "blocked")?,
    })
}
