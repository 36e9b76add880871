//! The worker's second move: write down how an attempt ended, before anything follows from it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{Attempt, AttemptOutcome, Key, Order, Row, State, Transition};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::adopt::Releasing;
use crate::claim::{insert_rows, keys_group};
use crate::db::Line;
use crate::row::{OrderColumns, key_of, uuid_of};
use crate::sql::{Group, Session};
use crate::{Capture, Store, StoreError, adopt, captures, refuse_nul, warnings};

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recorded {
    Written,
    /// It was recorded before: the same answer again.
    Repeated,
    /// Another claim holds the row or has held it: the answer is kept as an attempt `late`.
    Late,
}

/// One operation of the outcomes' writer.
pub(crate) enum Outcome {
    Record(Box<Recording>),
    Settle(Key),
    Release {
        key: Key,
        copy: Uuid,
        surely: bool,
    },
    Warn {
        key: Key,
        lines: String,
    },
    /// The broker has confirmed the dead letter of this epoch.
    Letter {
        key: Key,
        epoch: u32,
    },
}

pub(crate) struct Recording {
    pub(crate) row: Row,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) capture: Option<Capture>,
}

impl Recording {
    /// It ended, and nothing is kept of it but its row: nearly every one.
    fn is_plain_end(&self) -> bool {
        self.row.state.is_final()
            && self.row.order == Order::Nothing
            && self.attempt.is_none()
            && self.capture.is_none()
    }
}

impl Outcome {
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Record(recording) => &recording.row.key,
            Self::Settle(key) | Self::Release { key, .. } | Self::Warn { key, .. } | Self::Letter { key, .. } => key,
        }
    }
}

impl Store {
    /// Writes the transition's row where its token still holds it, its attempt, and what the sandbox kept.
    /// Repeating it succeeds, also after the lease.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it before anything follows from it.
    pub async fn record(&self, transition: &Transition, capture: Option<Capture>) -> Result<Recorded, StoreError> {
        refuse_nul(&transition.row.key)?;
        let mut row = transition.row.clone();
        // Postgres refuses NUL in text, and an answer must not be lost for a provider's odd character.
        for answer in [&mut row.provider_id, &mut row.code].into_iter().flatten() {
            answer.retain(|c| c != '\0');
        }
        let recording = Recording { row, attempt: transition.attempt.clone(), capture };
        self.inner.outcomes.write(Outcome::Record(Box::new(recording))).await
    }

    /// Notes that the broker has confirmed the dead letter of `epoch`, so that no copy makes another one. Changes
    /// nothing when an operator's move has begun the next epoch meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_letter(&self, key: &Key, epoch: u32) -> Result<(), StoreError> {
        self.inner.outcomes.write(Outcome::Letter { key: key.clone(), epoch }).await.map(drop)
    }
}

pub(crate) async fn commit(line: &mut Line, ops: &[Outcome]) -> Result<Vec<Recorded>, StoreError> {
    let recordings: Vec<&Recording> = ops
        .iter()
        .filter_map(|op| match op {
            Outcome::Record(recording) => Some(&**recording),
            Outcome::Settle(_) | Outcome::Release { .. } | Outcome::Warn { .. } | Outcome::Letter { .. } => None,
        })
        .collect();
    let settling: Vec<&Key> = ops.iter().filter(|op| matches!(op, Outcome::Settle(_))).map(Outcome::key).collect();
    let releasing: Vec<Releasing<'_>> = ops
        .iter()
        .filter_map(|op| match op {
            Outcome::Release { key, copy, surely } => Some(Releasing { key, copy, surely: *surely }),
            Outcome::Record(_) | Outcome::Settle(_) | Outcome::Warn { .. } | Outcome::Letter { .. } => None,
        })
        .collect();
    let warned: Vec<(&Key, &str)> = ops
        .iter()
        .filter_map(|op| match op {
            Outcome::Warn { key, lines } => Some((key, lines.as_str())),
            _ => None,
        })
        .collect();
    let letters: Vec<(&Key, u32)> = ops
        .iter()
        .filter_map(|op| match op {
            Outcome::Letter { key, epoch } => Some((key, *epoch)),
            Outcome::Record(_) | Outcome::Settle(_) | Outcome::Release { .. } | Outcome::Warn { .. } => None,
        })
        .collect();
    // The usual group, nothing but successes, is one statement and needs no transaction around it.
    let plain = recordings.len() == ops.len() && recordings.iter().all(|one| one.is_plain_end());
    let mut session = if plain { line.session().await? } else { line.db.begin().await? };
    adopt::settle(&mut session, &settling).await?;
    adopt::release(&mut session, &releasing).await?;
    warnings::insert(&mut session, &warned).await?;
    note_letters(&mut session, &letters).await?;
    let mut recorded = write(&mut session, &recordings, line.db.captures_kept).await?.into_iter();
    if plain {
        line.keep(session);
    } else {
        session.commit().await?;
    }
    let answer = |op: &Outcome| match op {
        Outcome::Record(_) => recorded.next().unwrap_or(Recorded::Repeated),
        Outcome::Settle(_) | Outcome::Release { .. } | Outcome::Warn { .. } | Outcome::Letter { .. } => {
            Recorded::Written
        }
    };
    Ok(ops.iter().map(answer).collect())
}

async fn note_letters(session: &mut Session, letters: &[(&Key, u32)]) -> Result<(), StoreError> {
    const NOTE: &str = "UPDATE deliveries SET has_letter = TRUE FROM {u} \
                        WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.epoch = u.epoch \
                        AND deliveries.state IN ('dead', 'held')";
    let group = keys_group(letters.iter().map(|(key, _)| *key))
        .int("epoch", letters.iter().map(|(_, epoch)| i64::from(*epoch)));
    session.query_group(NOTE, &group).await?;
    Ok(())
}

async fn write(
    session: &mut Session,
    recordings: &[&Recording],
    captures_kept: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut answers = vec![Recorded::Written; recordings.len()];
    let mut missed = if recordings.iter().all(|one| one.is_plain_end()) {
        end(session, recordings).await?
    } else {
        update(session, recordings).await?
    };
    if !missed.is_empty() {
        // A row is missing only when the database was restored or replaced: the outcome is kept all the
        // same, as if it had been claimed here.
        let tokens = tokens_of(session, &missed).await?;
        let lost: Vec<_> = missed.iter().copied().filter(|one| !tokens.contains_key(&one.row.key)).collect();
        insert_rows(session, lost.iter().map(|one| (&one.row, Duration::ZERO))).await?;
        update(session, &lost).await?;
        missed.retain(|one| tokens.contains_key(&one.row.key));
        for (answer, one) in answers.iter_mut().zip(recordings) {
            if let Some(holder) = missed.iter().find(|other| other.row.token == one.row.token) {
                let repeated = tokens.get(&holder.row.key) == Some(&one.row.token);
                *answer = if repeated { Recorded::Repeated } else { Recorded::Late };
            }
        }
    }
    let with = |which: Recorded| recordings.iter().zip(&answers).filter(move |(_, answer)| **answer == which);
    let mut attempts: Vec<(&Row, Attempt)> =
        with(Recorded::Written).filter_map(|(one, _)| Some((&one.row, one.attempt.clone()?))).collect();
    attempts.extend(with(Recorded::Late).filter_map(|(one, _)| Some((&one.row, late(one)?))));
    insert_attempts(session, &attempts).await?;
    let kept: Vec<_> = with(Recorded::Written).filter_map(|(one, _)| Some((&one.row, one.capture.as_ref()?))).collect();
    captures::insert(session, &kept, captures_kept).await?;
    Ok(answers)
}

pub(crate) const UPDATE: &str = "UPDATE deliveries SET state = u.state, attempt = u.attempt, seq = u.seq, \
     ambiguous = u.ambiguous, throttled_since = u.throttled_since, updated_at = u.updated_at, \
     order_kind = u.order_kind, order_tier = u.order_tier, order_due_at = u.order_due_at, \
     order_reason = u.order_reason, order_error = u.order_error, provider = u.provider, \
     provider_id = u.provider_id, code = u.code, version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.token = u.token \
     AND deliveries.state = 'sending' RETURNING deliveries.token";

/// [`UPDATE`] for what ends: what the claim wrote and the end leaves as it is, is not sent again.
pub(crate) const END: &str = "UPDATE deliveries SET state = u.state, attempt = u.attempt, updated_at = u.updated_at, \
     order_kind = 'nothing', order_tier = NULL, order_due_at = NULL, order_reason = NULL, order_error = NULL, \
     provider = u.provider, provider_id = u.provider_id, code = u.code, version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.token = u.token \
     AND deliveries.state = 'sending' RETURNING deliveries.token";

/// The columns of [`END`].
fn ends<'a>(recordings: &[&'a Recording]) -> Group<'a> {
    let rows = || recordings.iter().map(|one| &one.row);
    Group::of(recordings.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .bytes("token", rows().map(|row| row.token.as_bytes().as_slice()))
        .text("state", rows().map(|row| row.state.as_str()))
        .int("attempt", rows().map(|row| i64::from(row.attempt)))
        .int("updated_at", rows().map(|row| row.updated_at.as_micros()))
        .text("provider", rows().map(|row| row.provider.as_deref()))
        .text("provider_id", rows().map(|row| row.provider_id.as_deref()))
        .text("code", rows().map(|row| row.code.as_deref()))
}

/// As [`update`], for plain ends.
async fn end<'a>(session: &mut Session, recordings: &[&'a Recording]) -> Result<Vec<&'a Recording>, StoreError> {
    let written = session.query_group(END, &ends(recordings)).await?;
    missed(recordings, &written)
}

/// One update without an indexed column for the whole group. Returns those whose row was not theirs to
/// write.
async fn update<'a>(session: &mut Session, recordings: &[&'a Recording]) -> Result<Vec<&'a Recording>, StoreError> {
    let rows = || recordings.iter().map(|one| &one.row);
    let orders = || rows().map(|row| OrderColumns::from(&row.order));
    let group = ends(recordings)
        .int("seq", rows().map(|row| i64::from(row.seq)))
        .flag("ambiguous", rows().map(|row| row.ambiguous))
        .int("throttled_since", rows().map(|row| row.throttled_since.map(|at| at.as_micros())))
        .text("order_kind", orders().map(|order| order.kind))
        .int("order_tier", orders().map(|order| order.tier))
        .int("order_due_at", orders().map(|order| order.due_at))
        .text("order_reason", orders().map(|order| order.reason))
        .text("order_error", orders().map(|order| order.error));
    let written = session.query_group(UPDATE, &group).await?;
    missed(recordings, &written)
}

/// Those whose tokens are not among the `written`.
fn missed<'a>(recordings: &[&'a Recording], written: &[QueryResult]) -> Result<Vec<&'a Recording>, StoreError> {
    if written.len() == recordings.len() {
        return Ok(Vec::new());
    }
    let written: HashSet<Uuid> = written.iter().map(|row| uuid_of(row, "token")).collect::<Result<_, _>>()?;
    Ok(recordings.iter().copied().filter(|one| !written.contains(&one.row.token)).collect())
}

/// Who holds each of these rows, or held it last.
async fn tokens_of(session: &mut Session, recordings: &[&Recording]) -> Result<HashMap<Key, Uuid>, StoreError> {
    const READ: &str = "SELECT d.tenant, d.id, d.token FROM {u} JOIN deliveries AS d \
                        ON d.tenant = u.tenant AND d.id = u.id";
    let rows = session.query_group(READ, &keys_group(recordings.iter().map(|one| &one.row.key))).await?;
    rows.iter().map(|row| Ok((key_of(row)?, uuid_of(row, "token")?))).collect()
}

/// What is kept of an answer that came after another claim had taken over. None where nothing was tried.
fn late(recording: &Recording) -> Option<Attempt> {
    let row = &recording.row;
    let (was, attempt) = match &recording.attempt {
        Some(attempt) => (attempt.outcome.as_str(), attempt.clone()),
        None if matches!(row.state, State::Sent | State::Captured) => (row.state.as_str(), success_of(row)),
        None => return None,
    };
    let detail = format!("{was} {}", attempt.detail).trim_end().to_owned();
    Some(Attempt { outcome: AttemptOutcome::Late, detail, ..attempt })
}

/// The attempt that a successful row stands for.
pub(crate) fn success_of(row: &Row) -> Attempt {
    Attempt {
        epoch: row.epoch,
        n: row.attempt,
        outcome: if row.state == State::Captured { AttemptOutcome::Captured } else { AttemptOutcome::Sent },
        provider: row.provider.clone().unwrap_or_default(),
        code: row.code.clone(),
        detail: String::new(),
        at: row.updated_at,
    }
}

const INSERT_ATTEMPTS: &str = "INSERT INTO attempts (tenant, id, token, epoch, n, outcome, provider, code, detail, at) \
     SELECT u.tenant, u.id, u.token, u.epoch, u.n, u.outcome, u.provider, u.code, u.detail, u.at FROM {u} \
     WHERE TRUE ON CONFLICT (tenant, id, token) DO NOTHING";

/// A claim makes one attempt, so its token keeps a repeated record from making two.
async fn insert_attempts(session: &mut Session, attempts: &[(&Row, Attempt)]) -> Result<(), StoreError> {
    let rows = || attempts.iter().map(|(row, _)| *row);
    let each = || attempts.iter().map(|(_, attempt)| attempt);
    let group = Group::of(attempts.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("id", rows().map(|row| row.key.id.as_str()))
        .bytes("token", rows().map(|row| row.token.as_bytes().as_slice()))
        .int("epoch", each().map(|attempt| i64::from(attempt.epoch)))
        .int("n", each().map(|attempt| i64::from(attempt.n)))
        .text("outcome", each().map(|attempt| attempt.outcome.as_str()))
        .text("provider", each().map(|attempt| attempt.provider.as_str()))
        .text("code", each().map(|attempt| attempt.code.as_deref()))
        .text("detail", each().map(|attempt| attempt.detail.as_str()))
        .int("at", each().map(|attempt| attempt.at.as_micros()));
    session.query_group(INSERT_ATTEMPTS, &group).await?;
    Ok(())
}
