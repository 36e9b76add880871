//! The worker's first move: take a delivery, or learn why not.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{Arrival, Claim, Key, Lease, Order, Row, State};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::db::Line;
use crate::row::{COLUMNS, row_of, uuid_of};
use crate::sql::{Group, Session};
use crate::{Store, StoreError, refuse_nul};

/// What a claim found.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every claim is new: a box would only cost it")]
pub enum Claimed {
    /// The key was unknown: this row was inserted, send it.
    New(Row),
    /// The key was known. A [`Claim::Take`] is committed already, and its row is as it was written.
    Known(Claim),
}

/// One claim of a group.
pub(crate) struct Claiming {
    pub(crate) candidate: Row,
    pub(crate) arrival: Arrival,
    pub(crate) lease: Duration,
}

/// A row changes hands at most as often as this while one claim looks at it.
const MAX_ROUNDS: usize = 8;

impl Store {
    /// Inserts `candidate` when its key is unknown; else reads the row, lets [`domain::claim`] decide, and
    /// writes what it takes by compare and swap. `lease` runs by the database's clock. Repeating it with
    /// the same token succeeds, and renews the lease.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it with the same candidate.
    pub async fn claim(&self, candidate: Row, arrival: &Arrival, lease: Duration) -> Result<Claimed, StoreError> {
        refuse_nul(&candidate.key)?;
        self.inner.claims.write(Claiming { candidate, arrival: arrival.clone(), lease }).await
    }
}

pub(crate) async fn commit(line: &mut Line, ops: &[Claiming]) -> Result<Vec<Claimed>, StoreError> {
    let mut session = line.session().await?;
    let mut answers: Vec<Option<Claimed>> = ops.iter().map(|_| None).collect();
    for _ in 0..MAX_ROUNDS {
        let open = |answers: &[Option<Claimed>]| (0..ops.len()).filter(|&at| answers[at].is_none()).collect::<Vec<_>>();
        let candidates = open(&answers);
        if candidates.is_empty() {
            break;
        }
        for at in insert(&mut session, ops, &candidates).await? {
            answers[at] = Some(Claimed::New(as_inserted(&ops[at].candidate)));
        }
        let known = open(&answers);
        let mut taking = Vec::new();
        for (at, row) in read(&mut session, ops, &known).await? {
            let op = &ops[at];
            match domain::claim(&row, &op.arrival, op.candidate.token) {
                Claim::Take(mut next, take) => {
                    next.lease = Lease::Live;
                    next.updated_at = op.candidate.created_at;
                    taking.push((at, next, take));
                }
                decided => answers[at] = Some(Claimed::Known(decided)),
            }
        }
        let taken = take(&mut session, ops, &taking).await?;
        for (at, mut next, why) in taking {
            if taken.contains(&at) {
                next.version += 1;
                answers[at] = Some(Claimed::Known(Claim::Take(next, why)));
            }
        }
    }
    line.keep(session);
    let contended = || StoreError::Unavailable("another process keeps changing the same row".into());
    answers.into_iter().map(|answer| answer.ok_or_else(contended)).collect()
}

/// A new row is `sending` under its token, whatever else the candidate says.
fn as_inserted(candidate: &Row) -> Row {
    Row {
        state: State::Sending,
        version: 1,
        lease: Lease::Live,
        order: Order::Nothing,
        has_letter: false,
        ambiguous: false,
        throttled_since: None,
        updated_at: candidate.created_at,
        provider: None,
        provider_id: None,
        code: None,
        ..candidate.clone()
    }
}

/// The copy of a message without an id that makes its row has it in hand: its claim's token is its name. The clock of
/// the leases is read once for the group, in a query of its own: Postgres would compute it for every row, in decimals.
const INSERT: &str = "INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, \
     lease_until, content, fingerprint, order_kind, ambiguous, expires_at, created_at, updated_at, recipient_hash, \
     recipient_mask, parent, adopter, adopted_until) \
     SELECT u.tenant, u.id, u.channel, 'sending', u.epoch, u.attempt, u.seq, 1, u.token, (SELECT {now}) + u.lease, u.content, \
     u.fingerprint, 'nothing', FALSE, u.expires_at, u.created_at, u.created_at, u.recipient_hash, u.recipient_mask, \
     u.parent, CASE WHEN u.fingerprint IS NOT NULL THEN u.token END, \
     CASE WHEN u.fingerprint IS NOT NULL THEN {now} + {held_for} END FROM {u} WHERE TRUE ON CONFLICT (tenant, id) DO NOTHING RETURNING token";

/// Returns which of `chosen` were unknown and are in the ledger now.
async fn insert(session: &mut Session, ops: &[Claiming], chosen: &[usize]) -> Result<Vec<usize>, StoreError> {
    let rows = chosen.iter().map(|&at| (&ops[at].candidate, ops[at].lease));
    let inserted = insert_rows(session, rows).await?;
    if inserted.len() == chosen.len() {
        return Ok(chosen.to_vec());
    }
    let inserted: HashSet<Uuid> = inserted.iter().map(|row| uuid_of(row, "token")).collect::<Result<_, _>>()?;
    Ok(chosen.iter().copied().filter(|&at| inserted.contains(&ops[at].candidate.token)).collect())
}

/// Returns the column `token` of the rows whose keys were unknown.
pub(crate) async fn insert_rows<'a>(
    session: &mut Session,
    rows: impl ExactSizeIterator<Item = (&'a Row, Duration)> + Clone,
) -> Result<Vec<QueryResult>, StoreError> {
    let each = || rows.clone().map(|(row, _)| row);
    let group = Group::of(rows.len())
        .text("tenant", each().map(|row| row.key.tenant.as_str()))
        .text("id", each().map(|row| row.key.id.as_str()))
        .text("channel", each().map(|row| row.channel.as_str()))
        .int("epoch", each().map(|row| i64::from(row.epoch)))
        .int("attempt", each().map(|row| i64::from(row.attempt)))
        .int("seq", each().map(|row| i64::from(row.seq)))
        .bytes("token", each().map(|row| row.token.as_bytes().as_slice()))
        .int("lease", rows.clone().map(|(_, lease)| micros(lease)))
        .bytes("content", each().map(|row| row.content.as_ref().map(<[u8; 32]>::as_slice)))
        .bytes("fingerprint", each().map(|row| row.fingerprint.as_ref().map(<[u8; 32]>::as_slice)))
        .int("expires_at", each().map(|row| row.expires_at.map(|at| at.as_micros())))
        .int("created_at", each().map(|row| row.created_at.as_micros()))
        .bytes("recipient_hash", each().map(|row| row.recipient_hash.as_bytes()))
        .text("recipient_mask", each().map(|row| row.recipient_mask.as_str()))
        .text("parent", each().map(|row| row.parent.as_deref()));
    session.query_group(INSERT, &group).await
}

/// The rows of `chosen` that there are.
async fn read(session: &mut Session, ops: &[Claiming], chosen: &[usize]) -> Result<Vec<(usize, Row)>, StoreError> {
    let by_key: HashMap<&Key, usize> = chosen.iter().map(|&at| (&ops[at].candidate.key, at)).collect();
    let rows = read_rows(session, chosen.iter().map(|&at| &ops[at].candidate.key)).await?;
    Ok(rows.into_iter().filter_map(|row| by_key.get(&row.key).map(|&at| (at, row))).collect())
}

pub(crate) async fn read_rows<'a>(
    session: &mut Session,
    keys: impl ExactSizeIterator<Item = &'a Key> + Clone,
) -> Result<Vec<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {{u}} JOIN deliveries AS d ON d.tenant = u.tenant AND d.id = u.id");
    let rows = session.query_group(&sql, &keys_group(keys)).await?;
    rows.iter().map(row_of).collect()
}

pub(crate) fn keys_group<'a>(keys: impl ExactSizeIterator<Item = &'a Key> + Clone) -> Group<'a> {
    Group::of(keys.len())
        .text("tenant", keys.clone().map(|key| key.tenant.as_str()))
        .text("id", keys.map(|key| key.id.as_str()))
}

pub(crate) const TAKE: &str = "UPDATE deliveries SET state = 'sending', token = u.token, epoch = u.epoch, \
     attempt = u.attempt, seq = u.seq, throttled_since = u.throttled_since, ambiguous = u.ambiguous, \
     updated_at = u.updated_at, lease_until = {now} + u.lease, has_letter = FALSE, \
     version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.version = u.version \
     RETURNING deliveries.token";

/// Writes the taken rows whose version is still the one that was read; returns which.
async fn take(
    session: &mut Session,
    ops: &[Claiming],
    taking: &[(usize, Box<Row>, domain::Take)],
) -> Result<Vec<usize>, StoreError> {
    let rows = || taking.iter().map(|(_, row, _)| row);
    let group = Group::of(taking.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .int("version", rows().map(|row| row.version))
        .bytes("token", rows().map(|row| row.token.as_bytes().as_slice()))
        .int("epoch", rows().map(|row| i64::from(row.epoch)))
        .int("attempt", rows().map(|row| i64::from(row.attempt)))
        .int("seq", rows().map(|row| i64::from(row.seq)))
        .int("throttled_since", rows().map(|row| row.throttled_since.map(|at| at.as_micros())))
        .flag("ambiguous", rows().map(|row| row.ambiguous))
        .int("updated_at", rows().map(|row| row.updated_at.as_micros()))
        .int("lease", taking.iter().map(|(at, _, _)| micros(ops[*at].lease)));
    let written = session.query_group(TAKE, &group).await?;
    let tokens: HashSet<Uuid> = written.iter().map(|row| uuid_of(row, "token")).collect::<Result<_, _>>()?;
    Ok(taking.iter().filter(|(_, row, _)| tokens.contains(&row.token)).map(|(at, _, _)| *at).collect())
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2)
}
