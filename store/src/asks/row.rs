//! Asks and answers as columns, and back: how they are read, and how the next version of an ask is written.

use std::collections::HashMap;

use domain::{Answer, Ask, AskEnd, AskKind, AskState, GivenAnswer, Key, RecipientHash, Salt, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Session, count_of, get, key_in, key_of, key_values, keys_group, time_of, unreadable};

/// The columns that [`ask_of`] reads.
pub(super) const ASK: &str = "tenant, id, kind, question, choices, audience, quorum, four_eyes, may_change, \
     requested_by, correlation_id, reply_to, version, salt, key_id, attempts, sends, created_at, expires_at, state, \
     chosen, ended_by, ended_at, content";

/// The columns that [`answer_of`] reads.
pub(super) const ANSWER: &str = "approver, id, choice, via, at, late, version, evidence";

pub(super) fn ask_of(row: &QueryResult) -> Result<Ask, StoreError> {
    let choices = Ask::choices_of(&get::<String>(row, "choices")?);
    let audience = Ask::audience_of(&get::<String>(row, "audience")?);
    let (audience, names) = audience.ok_or_else(|| unreadable("audience"))?;
    let content: Vec<u8> = get(row, "content")?;
    Ok(Ask {
        key: key_of(row)?,
        kind: AskKind::parse(&get::<String>(row, "kind")?).ok_or_else(|| unreadable("kind"))?,
        question: get(row, "question")?,
        choices: choices.ok_or_else(|| unreadable("choices"))?,
        audience,
        names,
        quorum: count_of(row, "quorum")?,
        four_eyes: get(row, "four_eyes")?,
        may_change: get(row, "may_change")?,
        requested_by: get(row, "requested_by")?,
        correlation_id: get(row, "correlation_id")?,
        reply_to: get(row, "reply_to")?,
        content: RecipientHash::from_bytes(&content).ok_or_else(|| unreadable("content"))?,
        version: count_of(row, "version")?,
        salt: salt_of(row)?,
        key_id: get(row, "key_id")?,
        attempts: count_of(row, "attempts")?,
        sends: count_of(row, "sends")?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        expires_at: Timestamp::from_micros(get(row, "expires_at")?),
        end: end_of(row)?,
    })
}

fn end_of(row: &QueryResult) -> Result<Option<AskEnd>, StoreError> {
    let state = AskState::parse(&get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))?;
    if state == AskState::Open {
        return Ok(None);
    }
    let at = time_of(row, "ended_at")?.ok_or_else(|| unreadable("ended_at"))?;
    Ok(Some(AskEnd { state, choice: get(row, "chosen")?, by: get(row, "ended_by")?, at }))
}

pub(super) fn answer_of(row: &QueryResult) -> Result<Answer, StoreError> {
    let given = GivenAnswer {
        id: get(row, "id")?,
        approver: get(row, "approver")?,
        choice: get(row, "choice")?,
        via: get(row, "via")?,
        at: Timestamp::from_micros(get(row, "at")?),
        evidence: get(row, "evidence")?,
    };
    Ok(Answer { given, late: get(row, "late")?, version: count_of(row, "version")? })
}

pub(super) async fn read(session: &mut Session, key: &Key) -> Result<Option<Ask>, StoreError> {
    let sql = format!("SELECT {ASK} FROM asks WHERE tenant = $1 AND id = $2");
    session.query(&sql, &key_values(key)).await?.first().map(ask_of).transpose()
}

/// The answers of these asks: those that count in the order in which they did, and then the late ones.
pub(super) async fn read_answers<'a>(
    session: &mut Session,
    asks: impl ExactSizeIterator<Item = &'a Key> + Clone,
) -> Result<HashMap<Key, Vec<Answer>>, StoreError> {
    let sql = format!(
        "SELECT tenant, ask, {ANSWER} FROM answers WHERE (tenant, ask) IN (SELECT u.tenant, u.id FROM {{u}}) \
         ORDER BY late, version, at, approver, id"
    );
    let mut answers: HashMap<Key, Vec<Answer>> = HashMap::new();
    for row in session.query_group(&sql, &keys_group(asks)).await? {
        answers.entry(key_in(&row, "ask")?).or_default().push(answer_of(&row)?);
    }
    Ok(answers)
}

/// Writes the next versions of asks over those before them, each with whether its end is untold. False when a row has another
/// version by now; then the transaction is given up.
pub(super) async fn swap(session: &mut Session, next: &[(&Ask, bool)]) -> Result<bool, StoreError> {
    const SWAP: &str = "UPDATE asks SET state = u.state, version = u.version, chosen = u.chosen, ended_by = u.ended_by, \
         ended_at = u.ended_at, untold = u.untold FROM {u} \
         WHERE asks.tenant = u.tenant AND asks.id = u.id AND asks.version = u.version - 1 RETURNING asks.id";
    let asks = || next.iter().map(|(ask, _)| *ask);
    let ends = || asks().map(|ask| ask.end.as_ref());
    let group = Group::of(next.len())
        .text("tenant", asks().map(|ask| ask.key.tenant.as_str()))
        .text("id", asks().map(|ask| ask.key.id.as_str()))
        .text("state", asks().map(|ask| ask.state().as_str()))
        .int("version", asks().map(|ask| i64::from(ask.version)))
        .text("chosen", ends().map(|end| end?.choice.as_deref()))
        .text("ended_by", ends().map(|end| end?.by.as_deref()))
        .int("ended_at", ends().map(|end| Some(end?.at.as_micros())))
        .flag("untold", next.iter().map(|(_, untold)| *untold));
    Ok(session.query_group(SWAP, &group).await?.len() == next.len())
}

pub(super) fn salt_of(row: &QueryResult) -> Result<Salt, StoreError> {
    get::<Vec<u8>>(row, "salt")?.try_into().map_err(|_| unreadable("salt"))
}

pub(super) fn place_of(row: &QueryResult) -> Result<u16, StoreError> {
    u16::try_from(count_of(row, "place")?).map_err(|_| unreadable("place"))
}
