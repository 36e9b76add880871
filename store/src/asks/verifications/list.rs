//! Verifications for people who look at them: a page of a tenant's, the newest first, and how many of their codes were
//! entered, by country or by prefix.

use std::fmt;

use domain::{ChannelName, Content, Conversion, Tenant, Timestamp, Verification, VerificationState};
use sea_orm::QueryResult;

use super::{VERIFICATION, verification_of};
use crate::asks::is_storable;
use crate::error::StoreError;
use crate::sql::{Value, content_of, count_of, get};
use crate::store::Store;

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

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerificationCursor {
    at: Timestamp,
    id: String,
}

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

impl VerificationCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let id = Some(id).filter(|id| !id.is_empty() && is_storable(id))?;
        Some(Self { at: Timestamp::from_micros(at.parse().ok()?), id: id.to_owned() })
    }
}

impl fmt::Display for VerificationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_micros(), self.id)
    }
}

impl ConversionBy {
    const fn columns(self) -> &'static str {
        match self {
            Self::DialCode => "dial_code",
            Self::Prefix => "dial_code, prefix",
        }
    }
}

impl Store {
    /// A page of a tenant's verifications. There is no code in it and no address: the ledger has neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verifications(&self, filter: &VerificationFilter) -> Result<VerificationPage, StoreError> {
        if filter.purpose.as_deref().is_some_and(|purpose| !is_storable(purpose)) {
            return Ok(VerificationPage { verifications: Vec::new(), next: None });
        }
        let (condition, values) = condition_of(filter);
        let sql = format!(
            "SELECT {VERIFICATION} FROM verifications WHERE {condition} \
             ORDER BY tenant DESC, created_at DESC, id DESC LIMIT {}",
            filter.limit + 1
        );
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        let verifications: Vec<Verification> =
            rows.iter().take(filter.limit).map(verification_of).collect::<Result<_, _>>()?;
        let last = verifications.last().filter(|_| rows.len() > filter.limit);
        let next = last.map(|last| VerificationCursor { at: last.created_at, id: last.key.id.clone() });
        Ok(VerificationPage { verifications, next })
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

/// What it says of the time alone repeats what it says of both, because the index serves only the first.
fn condition_of(filter: &VerificationFilter) -> (String, Vec<Value<'_>>) {
    let mut values = vec![Value::Text(Some(filter.tenant.as_str()))];
    let mut conditions = vec!["tenant = $1".to_owned()];
    let mut compare = |column: &str, value| {
        values.push(value);
        conditions.push(format!("{column} ${}", values.len()));
    };
    if let Some(state) = filter.state {
        compare("state =", Value::Text(Some(state.as_str())));
    }
    if let Some(channel) = &filter.channel {
        compare("channel =", Value::Text(Some(channel.as_str())));
    }
    if let Some(purpose) = &filter.purpose {
        compare("purpose =", Value::Text(Some(purpose)));
    }
    if let Some(since) = filter.since {
        compare("created_at >=", Value::Int(Some(since.as_micros())));
    }
    if let Some(until) = filter.until {
        compare("created_at <", Value::Int(Some(until.as_micros())));
    }
    if let Some(VerificationCursor { at, id }) = &filter.after {
        values.extend([Value::Int(Some(at.as_micros())), Value::Text(Some(id))]);
        let (at, id) = (values.len() - 1, values.len());
        conditions.push(format!("created_at <= ${at} AND (created_at, id) < (${at}, ${id})"));
    }
    (conditions.join(" AND "), values)
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
