//! What an answer does to an ask, and what its cancelling does: one compare-and-swap, with the row of the answer and what
//! the journal is told in the same transaction.

use domain::{Answer, Ask, AskDecision, AskState, Entry, GivenAnswer, Key, Timestamp};

use super::ask::{read, read_answers, swap};
use super::{MAX_TRIES, is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, key_values};
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
        for _ in 0..MAX_TRIES {
            let mut session = self.inner.db.begin().await?;
            // The ask is read first: an answer that counts in between has made another version of it.
            let Some(ask) = read(&mut session, key).await? else { return Ok(None) };
            let answers = read_answers(&mut session, key).await?;
            let decision = ask.answered(&answers, given);
            if write(&mut session, key, &decision).await? {
                session.commit().await?;
                let ask = decision.moved.clone().unwrap_or(ask);
                return Ok(Some(AskAnswered { ask, decision }));
            }
        }
        Err(overtaken())
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
            if swap(&mut session, &ending.ask, true).await? {
                journal::insert(&mut session, told).await?;
                session.commit().await?;
                return Ok(AskCancelled::Cancelled(Box::new(ending.ask)));
            }
        }
        Err(overtaken())
    }
}

/// False when somebody else was quicker.
async fn write(session: &mut Session, key: &Key, decision: &AskDecision) -> Result<bool, StoreError> {
    if let Some(moved) = &decision.moved {
        // The answer that has ended it is told by whoever has the message with it in hand; that its time is over is not.
        let untold = moved.state() == AskState::Expired;
        if !swap(session, moved, untold).await? {
            return Ok(false);
        }
    }
    if let Some(answer) = &decision.kept {
        // An answer that changes nothing makes no version by which another of the same person would be noticed.
        if decision.moved.is_none() && has_another_late(session, key, answer).await? {
            return Ok(false);
        }
        keep(session, key, answer).await?;
    }
    if let Some(entry) = decision.entry() {
        journal::insert(session, &entry).await?;
    }
    Ok(true)
}

/// Whether the person's late answer is kept already, by whoever was quicker. Nobody keeps another before this transaction
/// has ended.
async fn has_another_late(session: &mut Session, key: &Key, answer: &Answer) -> Result<bool, StoreError> {
    const LOCK: &str = "UPDATE asks SET version = version WHERE tenant = $1 AND id = $2 RETURNING id";
    const ANOTHER: &str =
        "SELECT id FROM answers WHERE tenant = $1 AND ask = $2 AND approver = $3 AND late AND id <> $4 LIMIT 1";
    session.query(LOCK, &key_values(key)).await?;
    let [tenant, ask] = key_values(key);
    let GivenAnswer { approver, id, .. } = &answer.given;
    let values = [tenant, ask, Value::Text(Some(approver)), Value::Text(Some(id))];
    Ok(!session.query(ANOTHER, &values).await?.is_empty())
}

async fn keep(session: &mut Session, key: &Key, answer: &Answer) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO answers (tenant, ask, approver, id, choice, via, at, late, version, evidence) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, ask, approver, id) DO NOTHING";
    let GivenAnswer { id, approver, choice, via, at, evidence } = &answer.given;
    let [tenant, ask] = key_values(key);
    let values = [
        tenant,
        ask,
        Value::Text(Some(approver)),
        Value::Text(Some(id)),
        Value::Text(Some(choice)),
        Value::Text(Some(via)),
        Value::Int(Some(at.as_micros())),
        Value::Flag(answer.late),
        Value::Int(Some(i64::from(answer.version))),
        Value::Text(Some(evidence)),
    ];
    session.query(KEEP, &values).await.map(drop)
}
