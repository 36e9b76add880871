//! What an answer does to an ask, and what its cancelling does: one compare-and-swap, with the row of the answer and what
//! the journal is told in the same transaction. Answers to several asks at once are one such transaction.

use std::collections::HashMap;

use domain::{Answer, Ask, AskDecision, Entry, GivenAnswer, Key, Timestamp};

use super::ask::{read, read_answers, swap};
use super::row::{ASK, ask_of};
use super::{MAX_TRIES, is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Group, Line, Session, keys_group};
use crate::store::Store;

/// What became of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct AskAnswered {
    /// As it stands now.
    pub ask: Ask,
    pub decision: AskDecision,
}

/// What became of the wish to take a question back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskCancelled {
    Cancelled(Box<Ask>),
    /// It had ended before.
    Ended(Box<Ask>),
    /// The tenant has no ask of this id.
    Unknown,
}

impl Store {
    /// Has an answer decided and writes what follows from it: the next version of the ask, the answer's row, and what the
    /// journal is told. Of several at once each is decided from what the one before it has written. None where the tenant
    /// has no such ask. What is to be told of it is in the decision, also when the same answer comes again.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn answer_ask(&self, key: &Key, given: &GivenAnswer) -> Result<Option<AskAnswered>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        let answering = Answering { key: key.clone(), given: given.clone() };
        self.inner.writers.answers.write(answering).await
    }

    /// Takes a question back. That is told like an expiry: [`Store::untold_asks`].
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn cancel_ask(
        &self,
        key: &Key,
        by: &str,
        now: Timestamp,
        told: &Entry,
    ) -> Result<AskCancelled, StoreError> {
        if !is_storable(&key.id) {
            return Ok(AskCancelled::Unknown);
        }
        for _ in 0..MAX_TRIES {
            let mut session = self.inner.db.begin().await?;
            let Some(ask) = read(&mut session, key).await? else { return Ok(AskCancelled::Unknown) };
            let Some(ending) = ask.cancelled(by, now) else { return Ok(AskCancelled::Ended(Box::new(ask))) };
            if swap(&mut session, &[(&ending.ask, true)]).await? {
                journal::insert(&mut session, told).await?;
                session.commit().await?;
                return Ok(AskCancelled::Cancelled(Box::new(ending.ask)));
            }
        }
        Err(overtaken())
    }
}

/// An answer that is to be decided.
pub(crate) struct Answering {
    pub(crate) key: Key,
    given: GivenAnswer,
}

/// Decides the answers of a group, each to another ask, and writes what follows. The asks are locked first: nobody answers one
/// of them, or ends it, between what is read of it here and what is written.
pub(crate) async fn commit(line: &mut Line, ops: &[Answering]) -> Result<Vec<Option<AskAnswered>>, StoreError> {
    let mut session = line.db.begin().await?;
    let asks = lock(&mut session, ops).await?;
    let answers = read_answers(&mut session, ops.iter().map(|op| &op.key)).await?;
    let answered = ops.iter().map(|op| {
        let ask = asks.get(&op.key)?;
        let decision = ask.answered(answers.get(&op.key).map_or(&[], Vec::as_slice), &op.given);
        Some((ask, decision))
    });
    let answered: Vec<Option<(&Ask, AskDecision)>> = answered.collect();
    write(&mut session, answered.iter().flatten()).await?;
    session.commit().await?;
    let as_it_stands = |(ask, decision): (&Ask, AskDecision)| {
        let ask = decision.moved.clone().unwrap_or_else(|| ask.clone());
        AskAnswered { ask, decision }
    };
    Ok(answered.into_iter().map(|answered| answered.map(as_it_stands)).collect())
}

/// The asks that are answered, locked in the order of their keys, so that no two who answer at once wait for each other.
async fn lock(session: &mut Session, ops: &[Answering]) -> Result<HashMap<Key, Ask>, StoreError> {
    let sql = format!(
        "SELECT {ASK} FROM asks WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {{u}}) ORDER BY tenant, id {{for_update}}"
    );
    let rows = session.query_group(&sql, &keys_group(ops.iter().map(|op| &op.key))).await?;
    rows.iter().map(|row| ask_of(row).map(|ask| (ask.key.clone(), ask))).collect()
}

/// Writes what was decided: the next versions of asks, the answers, and what the journal is told.
async fn write<'a>(
    session: &mut Session,
    decided: impl Iterator<Item = &'a (&'a Ask, AskDecision)> + Clone,
) -> Result<(), StoreError> {
    let moved = decided.clone().filter_map(|(_, decision)| decision.moved.as_ref());
    // The end that an answer brings is told by whoever has the message with it in hand.
    let moved: Vec<(&Ask, bool)> = moved.map(|moved| (moved, false)).collect();
    if !swap(session, &moved).await? {
        return Err(overtaken());
    }
    let kept = decided.clone().filter_map(|(ask, decision)| Some((&ask.key, decision.kept.as_ref()?)));
    keep(session, &kept.collect::<Vec<_>>()).await?;
    let entries: Vec<Entry> = decided.filter_map(|(_, decision)| decision.entry()).collect();
    journal::insert_all(session, &entries).await
}

async fn keep(session: &mut Session, answers: &[(&Key, &Answer)]) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO answers (tenant, ask, approver, id, choice, via, at, late, version, evidence) \
         SELECT u.tenant, u.ask, u.approver, u.id, u.choice, u.via, u.at, u.late, u.version, u.evidence FROM {u} \
         WHERE TRUE ON CONFLICT (tenant, ask, approver, id) DO NOTHING";
    let given = || answers.iter().map(|(_, answer)| &answer.given);
    let group = Group::of(answers.len())
        .text("tenant", answers.iter().map(|(key, _)| key.tenant.as_str()))
        .text("ask", answers.iter().map(|(key, _)| key.id.as_str()))
        .text("approver", given().map(|given| given.approver.as_str()))
        .text("id", given().map(|given| given.id.as_str()))
        .text("choice", given().map(|given| given.choice.as_str()))
        .text("via", given().map(|given| given.via.as_str()))
        .int("at", given().map(|given| given.at.as_micros()))
        .flag("late", answers.iter().map(|(_, answer)| answer.late))
        .int("version", answers.iter().map(|(_, answer)| i64::from(answer.version)))
        .text("evidence", given().map(|given| given.evidence.as_str()));
    session.query_group(KEEP, &group).await.map(drop)
}
