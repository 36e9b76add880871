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

/// How many were begun, blocked ones left out: whoever is blocked must not keep others out for longer.
const COUNT: &str = "SELECT COUNT(*) FROM verifications AS v WHERE v.tenant || '' = $1 AND v.state <> 'blocked'";
/// Of those that have been sent and have ended: what is under way says nothing yet.
const ENDED: &str = "FROM verifications AS v WHERE v.tenant || '' = $1 AND v.sends > 0 AND \
     v.state IN ('approved', 'expired', 'exhausted')";

impl Store {
    /// What was counted of the tenant before this verification is begun; None for what it does not have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verification_counters(&self, of: &Verification, now: Timestamp) -> Result<Counters, StoreError> {
        let sql = format!(
            "SELECT ({COUNT} AND v.recipient = $2 AND v.created_at > $3) AS address, \
             ({COUNT} AND v.client = $4 AND v.created_at > $5) AS client, \
             ({COUNT} AND v.session = $6 AND v.created_at > $5) AS session, \
             ({COUNT} AND v.prefix = $7 AND v.created_at > $5) AS prefix, \
             ({COUNT} AND v.dial_code = $8 AND v.created_at > $9) AS country, \
             (SELECT COUNT(*) {ENDED} AND v.prefix = $7 AND v.created_at > $9) AS prefix_sent, \
             (SELECT COUNT(*) {ENDED} AND v.prefix = $7 AND v.created_at > $9 AND v.state = 'approved') AS prefix_approved, \
             (SELECT COUNT(*) {ENDED} AND v.dial_code = $8 AND v.created_at > $9) AS country_sent, \
             (SELECT COUNT(*) {ENDED} AND v.dial_code = $8 AND v.created_at > $9 AND v.state = 'approved') \
             AS country_approved"
        );
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
        ];
        let rows = self.inner.db.reader().query(&sql, &values).await?;
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
