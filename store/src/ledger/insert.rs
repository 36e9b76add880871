//! Inserting the rows of deliveries that the ledger has not seen.

use std::time::Duration;

use domain::{Lane, Listed, Priority, Row};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::people::lookup::{listed_for, looked_up};
use crate::sql::{Group, Session, micros};

/// Inserts rows, each as a first row (see [`Row::is_first`]), whatever has become of it since. A copy of a message without an id leases its row in the same statement: the token of its claim names
/// the claimant. The clock is read once for the group, in a query of its own, because Postgres would otherwise compute
/// the time for every row, in decimals.
pub(crate) const INSERT: &str = concat!(
    "INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, \
     lease_until, content, fingerprint, order_kind, ambiguous, expires_at, created_at, updated_at, recipient_hash, \
     recipient_mask, parent, lane, priority, template, locale, adopter, adopted_until, suppressed_for) \
     SELECT u.tenant, u.id, u.channel, 'sending', u.epoch, u.attempt, u.seq, 1, u.token, (SELECT {now}) + u.lease, u.content, \
     u.fingerprint, 'nothing', FALSE, u.expires_at, u.created_at, u.created_at, u.recipient_hash, u.recipient_mask, \
     u.parent, u.lane, u.priority, u.template, u.locale, CASE WHEN u.fingerprint IS NOT NULL THEN u.token END, \
     CASE WHEN u.fingerprint IS NOT NULL THEN {now} + {leased_for} END, ",
    listed_for!(),
    " FROM {u} WHERE TRUE ON CONFLICT (tenant, id) DO NOTHING RETURNING token, suppressed_for"
);

/// Returns the columns `token` and `suppressed_for` of the rows whose keys were unknown.
pub(crate) async fn insert_rows<'a>(
    session: &mut Session,
    rows: impl ExactSizeIterator<Item = (&'a Row, Duration, Option<&'a Listed>)> + Clone,
) -> Result<Vec<QueryResult>, StoreError> {
    let each = || rows.clone().map(|(row, _, _)| row);
    let group = Group::of(rows.len())
        .text("tenant", each().map(|row| row.key.tenant.as_str()))
        .text("id", each().map(|row| row.key.id.as_str()))
        .text("channel", each().map(|row| row.channel.as_str()))
        .int("epoch", each().map(|row| i64::from(row.epoch)))
        .int("attempt", each().map(|row| i64::from(row.attempt)))
        .int("seq", each().map(|row| i64::from(row.seq)))
        .bytes("token", each().map(|row| row.token.as_bytes().as_slice()))
        .int("lease", rows.clone().map(|(_, lease, _)| micros(lease)))
        .bytes("content", each().map(|row| row.content.as_ref().map(<[u8; 32]>::as_slice)))
        .bytes("fingerprint", each().map(|row| row.fingerprint.as_ref().map(<[u8; 32]>::as_slice)))
        .int("expires_at", each().map(|row| row.expires_at.map(|at| at.as_micros())))
        .int("created_at", each().map(|row| row.created_at.as_micros()))
        .bytes("recipient_hash", each().map(|row| row.recipient_hash.as_bytes()))
        .text("recipient_mask", each().map(|row| row.recipient_mask.as_str()))
        .text("parent", each().map(|row| row.parent.as_deref()))
        .text("lane", each().map(|row| row.origin.lane.map(Lane::as_str)))
        .text("priority", each().map(|row| asked_for(row.origin.priority)))
        .text("template", each().map(|row| row.origin.template.as_deref()))
        .text("locale", each().map(|row| row.origin.locale.as_deref()));
    let group = looked_up(group, rows.map(|(_, _, listed)| listed));
    session.query_group(INSERT, &group).await
}

/// A priority as its column: null for the usual one, so that most rows are no longer for it.
fn asked_for(priority: Priority) -> Option<&'static str> {
    (priority != Priority::default()).then(|| priority.as_str())
}
