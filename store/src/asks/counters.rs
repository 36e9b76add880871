//! What the guard against pumping counts: how many verifications were begun lately, and how many of them were approved. It
//! counts and decides for one after the other, so that of many at once no more and no fewer go through than may.

use std::time::Duration;

use domain::{Conversion, Counters, Key, RecipientHash, Timestamp, Verification};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Session, Value, count_of, key_values};
use crate::store::Store;

/// Over which times is counted: of an address; of a client, a session and a prefix; of a country, and for conversion.
const OF_ADDRESS: Duration = Duration::from_secs(10 * 60);
const OF_CLIENT: Duration = Duration::from_secs(60 * 60);
const OF_COUNTRY: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that are counted of anything, and the last of which conversion is told: a country may have very many.
const MOST: u32 = 100_000;
const MOST_OF_CONVERSION: u32 = 1_000;

/// The table that whoever counts has locked. Nobody writes into it but those who begin, and who forgets.
const ADDRESSES: &str = "verification_addresses";

/// How many of one address, of which a row is there only where the guard let it through.
fn of_address() -> String {
    format!(
        "SELECT COUNT(*) AS address FROM (SELECT a.created_at FROM {ADDRESSES} AS a WHERE a.address = $1 \
         AND a.created_at > $2 AND a.tenant = $3 AND a.verification <> $4 LIMIT {MOST}) AS c"
    )
}

/// How many were begun beside this one, blocked ones left out: whoever is blocked must not keep others out for longer. The
/// tenant stands in an expression, so that no plan reads all rows of a tenant by their key.
fn begun(condition: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM (SELECT v.state FROM verifications AS v WHERE v.tenant || '' = $1 \
         AND v.state <> 'blocked' AND v.id <> $8 AND {condition} LIMIT {MOST}) AS c)"
    )
}

/// How many of those were sent and have ended: what is under way says nothing yet. `of_them` chooses among the last.
fn ended(condition: &str, of_them: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM (SELECT v.state FROM verifications AS v WHERE v.tenant || '' = $1 AND v.sends > 0 \
         AND v.state <> 'blocked' AND v.state IN ('approved', 'expired', 'exhausted') AND {condition} \
         ORDER BY v.created_at DESC LIMIT {MOST_OF_CONVERSION}) AS c WHERE {of_them})"
    )
}

fn statement() -> String {
    const OF_PREFIX: &str = "v.prefix = $5 AND v.created_at > $7";
    const OF_COUNTRY: &str = "v.dial_code = $6 AND v.created_at > $7";
    const APPROVED: &str = "c.state = 'approved'";
    let columns = [
        (begun("v.client = $2 AND v.created_at > $3"), "client"),
        (begun("v.session = $4 AND v.created_at > $3"), "session"),
        (begun("v.prefix = $5 AND v.created_at > $3"), "prefix"),
        (begun(OF_COUNTRY), "country"),
        (ended(OF_PREFIX, "TRUE"), "prefix_sent"),
        (ended(OF_PREFIX, APPROVED), "prefix_approved"),
        (ended(OF_COUNTRY, "TRUE"), "country_sent"),
        (ended(OF_COUNTRY, APPROVED), "country_approved"),
    ];
    let columns: Vec<String> = columns.iter().map(|(count, name)| format!("{count} AS {name}")).collect();
    format!("SELECT {}", columns.join(", "))
}

impl Store {
    /// A transaction in which a verification may be begun, and what was counted of its tenant beside it. Until its commit
    /// nobody else counts.
    pub(super) async fn counting(
        &self,
        of: &Verification,
        addresses: &[RecipientHash],
        now: Timestamp,
    ) -> Result<(Session, Counters), StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing(ADDRESSES).await?;
        match counted(&mut session, of, addresses, now).await {
            Ok(counters) => return Ok((session, counters)),
            // Nobody is to wait for a code because a count could not be read.
            Err(error) => tracing::warn!(%error, "the guard of verifications could not count"),
        }
        // Postgres takes nothing more in a transaction in which something has failed.
        drop(session);
        Ok((self.inner.db.begin().await?, Counters::default()))
    }
}

/// Keeps the addresses of a verification that the guard has let through.
pub(super) async fn keep_addresses(
    session: &mut Session,
    of: &Verification,
    addresses: &[RecipientHash],
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {ADDRESSES} (tenant, verification, address, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING"
    );
    let at = of.created_at.as_micros();
    for address in addresses {
        let [tenant, id] = key_values(&of.key);
        session.query(&sql, &[tenant, id, Value::Bytes(Some(address.as_bytes())), Value::Int(Some(at))]).await?;
    }
    Ok(())
}

/// Of an address the most that any of its addresses has; None for what the verification does not have.
async fn counted(
    session: &mut Session,
    of: &Verification,
    addresses: &[RecipientHash],
    now: Timestamp,
) -> Result<Counters, StoreError> {
    let since = |time: Duration| Value::Int(Some(now.minus(time).as_micros()));
    let values = [
        Value::Text(Some(of.key.tenant.as_str())),
        Value::Bytes(of.client.as_ref().map(<[u8; 32]>::as_slice)),
        since(OF_CLIENT),
        Value::Bytes(of.session.as_ref().map(<[u8; 32]>::as_slice)),
        Value::Bytes(of.prefix.as_ref().map(<[u8; 32]>::as_slice)),
        Value::Text(of.dial_code.as_deref()),
        since(OF_COUNTRY),
        Value::Text(Some(&of.key.id)),
    ];
    let rows = session.query(&statement(), &values).await?;
    let counters = rows.first().map_or(Ok(Counters::default()), |row| counters_of(row, of))?;
    let mut most = 0;
    for address in addresses {
        most = most.max(count_of_address(session, &of.key, address, now.minus(OF_ADDRESS)).await?);
    }
    Ok(Counters { address: Some(most), ..counters })
}

async fn count_of_address(
    session: &mut Session,
    beside: &Key,
    address: &RecipientHash,
    since: Timestamp,
) -> Result<u32, StoreError> {
    let [tenant, id] = key_values(beside);
    let values = [Value::Bytes(Some(address.as_bytes())), Value::Int(Some(since.as_micros())), tenant, id];
    let rows = session.query(&of_address(), &values).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, "address"))
}

fn counters_of(row: &QueryResult, of: &Verification) -> Result<Counters, StoreError> {
    let count = |column: &str, has: bool| has.then(|| count_of(row, column)).transpose();
    let conversion = |sent: &str, approved: &str, has: bool| {
        let conversion =
            || Ok::<_, StoreError>(Conversion { sent: count_of(row, sent)?, approved: count_of(row, approved)? });
        has.then(conversion).transpose()
    };
    let (has_prefix, has_country) = (of.prefix.is_some(), of.dial_code.is_some());
    Ok(Counters {
        address: None,
        client: count("client", of.client.is_some())?,
        session: count("session", of.session.is_some())?,
        prefix: count("prefix", has_prefix)?,
        country: count("country", has_country)?,
        prefix_conversion: conversion("prefix_sent", "prefix_approved", has_prefix)?,
        country_conversion: conversion("country_sent", "country_approved", has_country)?,
    })
}
