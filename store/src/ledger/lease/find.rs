//! Which row a copy of a message without an id may have: [`domain::find`] as statements.

use std::time::Duration;

use domain::{CERTAINLY_ITS_OWN_FOR, Content, Key, LeasedRow, ROW_LEASED_FOR, State, is_taken_over, suspecting};
use sea_orm::QueryResult;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, uuid_of};

pub(crate) enum Found {
    /// The copy has leased this row.
    Row {
        key: Key,
        /// The message of the row is certainly with the broker.
        certain: bool,
    },
    /// The copy may be the message of this row, or another message. The copy has leased the row under the name that
    /// [`suspecting`] gives the copy.
    Suspect(Key),
    /// Other claimants have leased all rows, and the copy may still wait for one.
    OnlyLeased,
    Nothing,
}

/// How a copy waits for a row that others have leased.
pub(crate) struct Waiting {
    begun: Instant,
    longest_pause: Duration,
    /// The leases of others at the last look; their ends are by the database's clock.
    seen: Vec<LeasedRow<Key, i64>>,
}

impl Waiting {
    /// `longest_pause` is the longest time between two looks.
    pub(crate) fn begin(longest_pause: Duration) -> Self {
        Self { begun: Instant::now(), longest_pause, seen: Vec::new() }
    }

    /// Whether the copy may wait on: false once every lease has run out since it began to wait. `unsettled` are the
    /// rows of this look.
    fn may_go_on(&mut self, unsettled: &[QueryResult]) -> Result<bool, StoreError> {
        let mut leased = Vec::with_capacity(unsettled.len());
        let mut now = i64::MIN;
        for row in unsettled {
            now = get(row, "read_at")?;
            if let Some(until) = get::<Option<i64>>(row, "adopted_until")? {
                let owed = !get::<bool>(row, "may_be_gone")?;
                leased.push(LeasedRow { row: key_of(row)?, claimant: uuid_of(row, "adopter")?, until, owed });
            }
        }
        if is_taken_over(&self.seen, &leased, &now) {
            self.begun = Instant::now();
        }
        self.seen = leased;
        Ok(self.begun.elapsed() <= ROW_LEASED_FOR + self.longest_pause)
    }
}

/// Looks once for a row, and leases what it finds. Each statement of the `writer` is a commit of its own.
pub(crate) async fn find(
    writer: &mut Session,
    fingerprint: &Content,
    claimant: Uuid,
    waiting: &mut Waiting,
) -> Result<Found, StoreError> {
    let suspecting = suspecting(claimant);
    let [fingerprint, claimant, suspecting] =
        [fingerprint.as_slice(), claimant.as_bytes(), suspecting.as_bytes()].map(|bytes| Value::Bytes(Some(bytes)));
    if let Some(row) = writer.query(&lease_free(), &[fingerprint, claimant]).await?.first() {
        return Ok(Found::Row { key: key_of(row)?, certain: !get::<bool>(row, "leaving")? });
    }
    let unsettled = writer.query(&read_unsettled(), &[fingerprint]).await?;
    if unsettled.is_empty() {
        return Ok(Found::Nothing);
    }
    let may_wait = waiting.may_go_on(&unsettled)?;
    if let Some(row) = writer.query(&lease_suspect(), &[fingerprint, suspecting, Value::Flag(may_wait)]).await?.first()
    {
        return Ok(Found::Suspect(key_of(row)?));
    }
    Ok(if may_wait { Found::OnlyLeased } else { Found::Nothing })
}

/// The condition that a row was not released, and that its claimant had nothing left to do but to acknowledge. `row`
/// names the table.
fn may_be_gone(row: &str) -> String {
    let over: Vec<_> =
        State::ALL.into_iter().filter(|state| state.is_over()).map(|state| format!("'{state}'")).collect();
    let over = over.join(", ");
    format!(
        "({row}.adopter IS NOT NULL AND ({row}.leaving OR ({row}.state IN ({over}) AND {row}.order_kind NOT IN ('escalate', 'fan_out'))))"
    )
}

/// The condition that the lease of `c` ran out and nobody can know whether the row is that of the message. The row is
/// certainly the message's own only when it changed within the last ten minutes, no equal message came within ten, and
/// no other is on its way.
fn is_suspect() -> String {
    let near = CERTAINLY_ITS_OWN_FOR.as_micros();
    format!(
        "(c.adopted_until <= {{now}} AND {} AND (c.updated_at < {{now}} - {near} OR EXISTS \
         (SELECT 1 FROM deliveries AS o WHERE o.fingerprint = c.fingerprint AND o.id <> c.id \
         AND (NOT o.settled OR o.created_at BETWEEN c.created_at - {near} AND c.created_at + {near}))))",
        may_be_gone("c")
    )
}

/// Leases the first row that is free. Rows whose message is certainly with the broker come first.
fn lease_free() -> String {
    format!(
        "WITH free AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled \
         AND (c.adopter IS NULL OR c.adopter = $2 OR c.adopted_until <= {{now}}) AND NOT {} \
         ORDER BY {}, c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET adopter = $2, adopted_until = {{now}} + {{leased_for}}, leaving = {} FROM free \
         WHERE deliveries.tenant = free.tenant AND deliveries.id = free.id \
         RETURNING deliveries.tenant, deliveries.id, deliveries.leaving",
        is_suspect(),
        may_be_gone("c"),
        may_be_gone("deliveries")
    )
}

/// Reads rows that are not settled, the oldest first. Others lease the oldest first as well, so a row that changes
/// hands is among those that are read.
fn read_unsettled() -> String {
    format!(
        "SELECT c.tenant, c.id, c.adopter, c.adopted_until, {{now}} AS read_at, {} AS may_be_gone \
         FROM deliveries AS c WHERE c.fingerprint = $1 AND NOT c.settled ORDER BY c.created_at, c.id LIMIT 64",
        may_be_gone("c")
    )
}

/// Leases a suspect row, which is then reserved as long as any leased one, so that only one copy suspects it. The
/// statement finds none while the copy may wait (`$3`) for a row whose message is certainly with the broker.
fn lease_suspect() -> String {
    format!(
        "WITH suspect AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled AND (c.adopter = $2 OR ({} AND NOT ($3 AND EXISTS \
         (SELECT 1 FROM deliveries AS o WHERE o.fingerprint = $1 AND NOT o.settled AND NOT {})))) \
         ORDER BY c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET adopter = $2, adopted_until = {{now}} + {{leased_for}} FROM suspect \
         WHERE deliveries.tenant = suspect.tenant AND deliveries.id = suspect.id \
         RETURNING deliveries.tenant, deliveries.id",
        is_suspect(),
        may_be_gone("o")
    )
}
