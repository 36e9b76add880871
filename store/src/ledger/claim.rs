//! The worker's first move: claim a delivery, or learn why it may not be sent.

use std::collections::HashMap;
use std::time::Duration;

use domain::{Arrival, Claim, Key, Lease, Listed, Row, SuppressedFor};
use uuid::Uuid;

use super::insert::insert_rows;
use super::row::{COLUMNS, listed_for_of, row_of};
use crate::error::StoreError;
use crate::people::lookup::{listed_for, looked_up};
use crate::sql::{Group, Line, Session, keys_group, micros, uuid_of};

/// What a claim found.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every claim is new: a box would only cost it")]
pub enum Claimed {
    /// The key was unknown. This row was inserted, and may be sent.
    New(Row),
    /// The key was known. A [`Claim::Take`] is committed already, and has the row as it was written.
    Known(Claim),
}

/// One claim of a group.
pub(crate) struct Claiming {
    pub(crate) candidate: Row,
    pub(crate) arrival: Arrival,
    pub(crate) lease: Duration,
    /// None when nothing will be sent for this claim: then nobody is looked up.
    pub(crate) listed: Option<Listed>,
}

/// How often one claim looks at a row that other processes keep changing.
const MAX_ROUNDS: usize = 8;

pub(crate) async fn commit(line: &mut Line, ops: &[Claiming]) -> Result<Vec<Claimed>, StoreError> {
    let mut session = line.session().await?;
    let mut answers: Vec<Option<Claimed>> = ops.iter().map(|_| None).collect();
    for _ in 0..MAX_ROUNDS {
        let open = |answers: &[Option<Claimed>]| (0..ops.len()).filter(|&at| answers[at].is_none()).collect::<Vec<_>>();
        let candidates = open(&answers);
        if candidates.is_empty() {
            break;
        }
        for (at, suppressed_for) in insert(&mut session, ops, &candidates).await? {
            answers[at] = Some(Claimed::New(Row { suppressed_for, ..ops[at].candidate.clone() }));
        }
        let known = open(&answers);
        let mut taking = Vec::new();
        for (at, row) in read(&mut session, ops, &known).await? {
            let op = &ops[at];
            match domain::claim(&row, &op.arrival, op.candidate.token) {
                Claim::Take(mut next, take) => {
                    next.lease = Lease::Live;
                    next.updated_at = op.candidate.created_at;
                    if op.listed.is_some() {
                        next.recipient_hash = op.candidate.recipient_hash;
                    }
                    taking.push((at, next, take));
                }
                decided => answers[at] = Some(Claimed::Known(decided)),
            }
        }
        let written = write_claimed(&mut session, ops, &taking).await?;
        for (at, mut next, why) in taking {
            if let Some(suppressed_for) = written.get(&next.token) {
                next.version += 1;
                next.suppressed_for = *suppressed_for;
                answers[at] = Some(Claimed::Known(Claim::Take(next, why)));
            }
        }
    }
    line.keep(session);
    let contended = || StoreError::Unavailable("another process keeps changing the same row".into());
    answers.into_iter().map(|answer| answer.ok_or_else(contended)).collect()
}

/// A claim by its place in the group, and why its recipient is on the suppression list.
type Inserted = (usize, Option<SuppressedFor>);

/// Inserts the rows of `chosen`; returns which of them were unknown and are in the ledger now.
async fn insert(session: &mut Session, ops: &[Claiming], chosen: &[usize]) -> Result<Vec<Inserted>, StoreError> {
    let rows = chosen.iter().map(|&at| (&ops[at].candidate, ops[at].lease, ops[at].listed.as_ref()));
    let inserted = insert_rows(session, rows).await?;
    let mut is_listed = false;
    for row in &inserted {
        is_listed |= listed_for_of(row)?.is_some();
    }
    if inserted.len() == chosen.len() && !is_listed {
        return Ok(chosen.iter().map(|&at| (at, None)).collect());
    }
    let inserted: HashMap<Uuid, Option<SuppressedFor>> = inserted
        .iter()
        .map(|row| Ok((uuid_of(row, "token")?, listed_for_of(row)?)))
        .collect::<Result<_, StoreError>>()?;
    let found = |&at: &usize| Some((at, *inserted.get(&ops[at].candidate.token)?));
    Ok(chosen.iter().filter_map(found).collect())
}

/// Reads the rows of `chosen` that are in the ledger.
async fn read(session: &mut Session, ops: &[Claiming], chosen: &[usize]) -> Result<Vec<(usize, Row)>, StoreError> {
    let by_key: HashMap<&Key, usize> = chosen.iter().map(|&at| (&ops[at].candidate.key, at)).collect();
    let sql = format!("SELECT {COLUMNS} FROM {{u}} JOIN deliveries AS d ON d.tenant = u.tenant AND d.id = u.id");
    let group = keys_group(chosen.iter().map(|&at| &ops[at].candidate.key));
    let rows = session.query_group(&sql, &group).await?;
    let rows: Vec<Row> = rows.iter().map(row_of).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().filter_map(|row| by_key.get(&row.key).map(|&at| (at, row))).collect())
}

pub(crate) const TAKE: &str = concat!(
    "UPDATE deliveries SET state = 'sending', token = u.token, epoch = u.epoch, attempt = u.attempt, seq = u.seq, \
     throttled_since = u.throttled_since, ambiguous = u.ambiguous, updated_at = u.updated_at, \
     lease_until = {now} + u.lease, has_letter = FALSE, recipient_hash = u.recipient_hash, version = deliveries.version + 1, suppressed_for = ",
    listed_for!(),
    " FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.version = u.version \
     RETURNING deliveries.token, deliveries.suppressed_for"
);

/// Writes the claimed rows whose version is still the one that was read; returns which were written, by their tokens,
/// and why the recipient of each is on the suppression list.
async fn write_claimed(
    session: &mut Session,
    ops: &[Claiming],
    taking: &[(usize, Box<Row>, domain::Take)],
) -> Result<HashMap<Uuid, Option<SuppressedFor>>, StoreError> {
    let rows = || taking.iter().map(|(_, row, _)| row);
    let group = Group::of(taking.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .text("channel", rows().map(|row| row.channel.as_str()))
        .int("version", rows().map(|row| row.version))
        .bytes("token", rows().map(|row| row.token.as_bytes().as_slice()))
        .int("epoch", rows().map(|row| i64::from(row.epoch)))
        .int("attempt", rows().map(|row| i64::from(row.attempt)))
        .int("seq", rows().map(|row| i64::from(row.seq)))
        .int("throttled_since", rows().map(|row| row.throttled_since.map(|at| at.as_micros())))
        .flag("ambiguous", rows().map(|row| row.ambiguous))
        .bytes("recipient_hash", rows().map(|row| row.recipient_hash.as_bytes()))
        .int("updated_at", rows().map(|row| row.updated_at.as_micros()))
        .int("lease", taking.iter().map(|(at, _, _)| micros(ops[*at].lease)));
    let group = looked_up(group, taking.iter().map(|(at, _, _)| ops[*at].listed.as_ref()));
    let written = session.query_group(TAKE, &group).await?;
    written.iter().map(|row| Ok((uuid_of(row, "token")?, listed_for_of(row)?))).collect()
}
