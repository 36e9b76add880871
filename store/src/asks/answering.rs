//! Decides answers, each to another ask: one transaction for all that are there at once, with the rows of the answers and what
//! the journal is told.

use std::collections::HashMap;

use domain::{Answer, Ask, AskDecision, Entry, GivenAnswer, Key};

use super::row::{ASK, ask_of, read_answers, swap};
use crate::error::StoreError;
use crate::journal::entry::insert_all;
use crate::sql::{Group, Line, Session, keys_group};

/// What became of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct AskAnswered {
    /// As it stands now.
    pub ask: Ask,
    pub decision: AskDecision,
}

/// An answer that is to be decided.
pub(crate) struct Answering {
    pub(crate) key: Key,
    pub(super) given: GivenAnswer,
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
        return Err(StoreError::Unavailable("an ask that is locked was changed".into()));
    }
    let kept = decided.clone().filter_map(|(ask, decision)| Some((&ask.key, decision.kept.as_ref()?)));
    keep(session, &kept.collect::<Vec<_>>()).await?;
    let entries: Vec<Entry> = decided.filter_map(|(_, decision)| decision.entry()).collect();
    insert_all(session, &entries).await
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
