//! Asks and answers as columns, and back.

use domain::{Answer, Ask, AskEnd, AskKind, AskState, GivenAnswer, RecipientHash, Timestamp};
use sea_orm::QueryResult;

use super::salt_of;
use crate::error::StoreError;
use crate::sql::{count_of, get, key_of, time_of, unreadable};

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
