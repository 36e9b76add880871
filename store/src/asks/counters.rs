//! What the guard against pumping counts: how many verifications were begun lately, and how many of them were approved.

use std::time::Duration;

use domain::{Conversion, Counters, Timestamp, Verification};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Value, count_of};
use crate::store::Store;

/// Over which times is counted: of an address; of a client, a session and a prefix; of a country, and for conversion.
const OF_ADDRESS: Duration = Duration::from_secs(10 * 60);
const OF_CLIENT: Duration = Duration::from_secs(60 * 60);
const OF_COUNTRY: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that are counted of anything, and the last of which conversion is told: a country may have very many.
const MOST: u32 = 100_000;
const MOST_OF_CONVERSION: u32 = 1_000;

/// How many were begun beside this one, blocked ones left out: whoever is blocked must not keep others out for longer. Its
/// own row is there already, so that of many at once each counts all the others. The tenant stands in an expression, so
/// that no plan reads all rows of a tenant by their key.
fn begun(condition: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM (SELECT v.state FROM verifications AS v WHERE v.tenant || '' = $1 \
         AND v.state <> 'blocked' AND v.id <> $10 AND {condition} LIMIT {MOST}) AS c)"
    )
}

/// How many of those were sent and have ended: what is under way says nothing yet. `of_them` chooses among the last.
fn ended(condition: &str, of_them: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM (SELECT v.state FROM verifications AS v WHERE v.tenant || '' = $1 AND v.sends > 0 \
         AND v.state IN ('approved', 'expired', 'exhausted') AND {condition} ORDER BY v.created_at DESC \
         LIMIT {MOST_OF_CONVERSION}) AS c WHERE {of_them})"
    )
}

fn statement() -> String {
    const OF_PREFIX: &str = "v.prefix = $7 AND v.created_at > $9";
    const OF_COUNTRY: &str = "v.dial_code = $8 AND v.created_at > $9";
    const APPROVED: &str = "c.state = 'approved'";
    let columns = [
        (begun("v.recipient = $2 AND v.created_at > $3"), "address"),
        (begun("v.client = $4 AND v.created_at > $5"), "client"),
        (begun("v.session = $6 AND v.created_at > $5"), "session"),
        (begun("v.prefix = $7 AND v.created_at > $5"), "prefix"),
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
    /// What was counted of the tenant beside this verification, whose row may be there; None for what it does not have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verification_counters(&self, of: &Verification, now: Timestamp) -> Result<Counters, StoreError> {
        let since = |time: Duration| Value::Int(Some(now.minus(time).as_micros()));
        let values = [
            Value::Text(Some(of.key.tenant.as_str())),
            Value::Bytes(Some(of.recipient.as_bytes())),
            since(OF_ADDRESS),
            Value::Bytes(of.client.as_ref().map(<[u8; 32]>::as_slice)),
            since(OF_CLIENT),
            Value::Bytes(of.session.as_ref().map(<[u8; 32]>::as_slice)),
            Value::Bytes(of.prefix.as_ref().map(<[u8; 32]>::as_slice)),
            Value::Text(of.dial_code.as_deref()),
            since(OF_COUNTRY),
            Value::Text(Some(&of.key.id)),
        ];
        let rows = self.inner.db.reader().query(&statement(), &values).await?;
        rows.first().map_or(Ok(Counters::default()), |row| counters_of(row, of))
    }
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
        address: count("address", true)?,
        client: count("client", of.client.is_some())?,
        session: count("session", of.session.is_some())?,
        prefix: count("prefix", has_prefix)?,
        country: count("country", has_country)?,
        prefix_conversion: conversion("prefix_sent", "prefix_approved", has_prefix)?,
        country_conversion: conversion("country_sent", "country_approved", has_country)?,
    })
}
