//! The worker's second move: write down how an attempt ended, before anything follows from that.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{Attempt, AttemptOutcome, InboxCounters, Key, Order, Row, State, SuppressedFor};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::attempts;
use super::captures::{self, Capture};
use super::insert::insert_rows;
use super::row::OrderColumns;
use crate::error::StoreError;
use crate::inbox::post::{self, Post};
use crate::sql::{Group, Session, key_of, keys_group, uuid_of};

/// What became of recording an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recorded {
    Written,
    /// The same transition was recorded before: its caller had not heard the answer.
    Repeated,
    /// Another claim has taken the row over: the answer is stored as an attempt `late`.
    Late,
    /// Written, and the message is in its inbox, which stands there.
    Posted(InboxCounters),
}

pub(crate) struct Recording {
    pub(crate) row: Row,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) capture: Option<Capture>,
    /// What goes into an inbox. Few messages have any, so that it is no part of the size of all.
    pub(crate) post: Option<Box<Post>>,
}

impl Recording {
    /// Whether the delivery has ended and nothing is stored of its attempt but that row, as for nearly every one.
    pub(crate) fn is_plain_end(&self) -> bool {
        self.row.state.is_final()
            && self.row.order == Order::Nothing
            && self.attempt.is_none()
            && self.capture.is_none()
            && self.post.is_none()
            && self.row.suppressed_for.is_none()
            && self.row.passed_over.is_none()
    }
}

/// Writes a group of recordings; the answers are in the order of the recordings.
pub(crate) async fn write(
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
        // A row is missing only when the database was restored or replaced: the outcome is recorded as if it had been
        // claimed here.
        let tokens = tokens_of(session, &missed).await?;
        let lost: Vec<_> = missed.iter().copied().filter(|one| !tokens.contains_key(&one.row.key)).collect();
        insert_rows(session, lost.iter().map(|one| (&one.row, Duration::ZERO, None))).await?;
        update(session, &lost).await?;
        missed.retain(|one| tokens.contains_key(&one.row.key));
        for (answer, one) in answers.iter_mut().zip(recordings) {
            if let Some(missing) = missed.iter().find(|other| other.row.token == one.row.token) {
                let repeated = tokens.get(&missing.row.key) == Some(&one.row.token);
                *answer = if repeated { Recorded::Repeated } else { Recorded::Late };
            }
        }
    }
    let with = |which: Recorded| recordings.iter().zip(&answers).filter(move |(_, answer)| **answer == which);
    let mut attempts: Vec<(&Row, Attempt)> =
        with(Recorded::Written).filter_map(|(one, _)| Some((&one.row, one.attempt.clone()?))).collect();
    attempts.extend(with(Recorded::Late).filter_map(|(one, _)| Some((&one.row, late(one)?))));
    attempts::insert(session, &attempts).await?;
    let kept: Vec<_> = with(Recorded::Written).filter_map(|(one, _)| Some((&one.row, one.capture.as_ref()?))).collect();
    captures::insert(session, &kept, captures_kept).await?;
    let posted: Vec<_> =
        with(Recorded::Written).filter_map(|(one, _)| Some((&one.row, one.post.as_deref()?))).collect();
    let mut counters = post::insert(session, &posted).await?.into_iter();
    for (answer, one) in answers.iter_mut().zip(recordings) {
        if *answer == Recorded::Written && one.post.is_some() {
            *answer = counters.next().map_or(Recorded::Written, Recorded::Posted);
        }
    }
    Ok(answers)
}

pub(crate) const UPDATE: &str = "UPDATE deliveries SET state = u.state, attempt = u.attempt, seq = u.seq, \
     ambiguous = u.ambiguous, throttled_since = u.throttled_since, updated_at = u.updated_at, \
     order_kind = u.order_kind, order_tier = u.order_tier, order_due_at = u.order_due_at, \
     order_reason = u.order_reason, order_error = u.order_error, provider = u.provider, \
     provider_id = u.provider_id, code = u.code, suppressed_for = u.suppressed_for, passed_over = u.passed_over, \
     version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.token = u.token \
     AND deliveries.state = 'sending' RETURNING deliveries.token";

/// [`UPDATE`] for deliveries that end: columns that the claim has written and the end does not change are left out of
/// the statement.
pub(crate) const END: &str = "UPDATE deliveries SET state = u.state, attempt = u.attempt, updated_at = u.updated_at, \
     order_kind = 'nothing', order_tier = NULL, order_due_at = NULL, order_reason = NULL, order_error = NULL, \
     provider = u.provider, provider_id = u.provider_id, code = u.code, suppressed_for = NULL, \
     passed_over = NULL, version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.token = u.token \
     AND deliveries.state = 'sending' RETURNING deliveries.token";

/// The group of values that [`END`] writes.
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

/// Writes a group of plain ends by [`END`], as [`update`] writes others.
async fn end<'a>(session: &mut Session, recordings: &[&'a Recording]) -> Result<Vec<&'a Recording>, StoreError> {
    let written = session.query_group(END, &ends(recordings)).await?;
    missed(recordings, &written)
}

/// Writes the whole group by one statement, which changes no indexed column. Returns the recordings whose claim does
/// not have its row any more.
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
        .text("order_error", orders().map(|order| order.error))
        .text("suppressed_for", rows().map(|row| row.suppressed_for.map(SuppressedFor::as_str)))
        .text("passed_over", rows().map(|row| row.passed_over.as_deref()));
    let written = session.query_group(UPDATE, &group).await?;
    missed(recordings, &written)
}

/// The recordings whose tokens are not among the `written`.
fn missed<'a>(recordings: &[&'a Recording], written: &[QueryResult]) -> Result<Vec<&'a Recording>, StoreError> {
    if written.len() == recordings.len() {
        return Ok(Vec::new());
    }
    let written: HashSet<Uuid> = written.iter().map(|row| uuid_of(row, "token")).collect::<Result<_, _>>()?;
    Ok(recordings.iter().copied().filter(|one| !written.contains(&one.row.token)).collect())
}

/// The token of the claim that has each of these rows, or had it last.
async fn tokens_of(session: &mut Session, recordings: &[&Recording]) -> Result<HashMap<Key, Uuid>, StoreError> {
    const READ: &str = "SELECT d.tenant, d.id, d.token FROM {u} JOIN deliveries AS d \
                        ON d.tenant = u.tenant AND d.id = u.id";
    let rows = session.query_group(READ, &keys_group(recordings.iter().map(|one| &one.row.key))).await?;
    rows.iter().map(|row| Ok((key_of(row)?, uuid_of(row, "token")?))).collect()
}

/// The attempt that records an answer which came after another claim had taken over. None where nothing was tried.
fn late(recording: &Recording) -> Option<Attempt> {
    let row = &recording.row;
    let (was, attempt) = match &recording.attempt {
        Some(attempt) => (attempt.outcome.as_str(), attempt.clone()),
        // What is for an inbox is in none by that, and what is for a topic was handed on to nobody.
        None if row.order == Order::FanOut => return None,
        None if matches!(row.state, State::Sent | State::Captured) => {
            (row.state.as_str(), attempts::success_of(row, row.updated_at))
        }
        None => return None,
    };
    let detail = format!("{was} {}", attempt.detail).trim_end().to_owned();
    Some(Attempt { outcome: AttemptOutcome::Late, detail, ..attempt })
}
