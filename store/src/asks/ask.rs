//! Asks: opened once, and read.

use std::collections::HashMap;

use domain::{Answer, Ask, Entry, Key, Purpose};

use super::copies::{AskCopy, keep_copies};
use super::row::{ANSWER, ASK, answer_of, ask_of};
use super::{is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Group, Session, Value, key_in, key_values, keys_group};
use crate::store::Store;

/// What became of an ask that was to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskOpened {
    New,
    /// The tenant has one of this id, which stays as it is: the same one again, or another.
    Known(Box<Ask>),
}

impl Store {
    /// Opens an ask with the copies by which it is sent, unless the tenant has one of its id. `told` is what an operator's or
    /// a person's decision has to tell.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn open_ask(&self, ask: &Ask, copies: &[AskCopy], told: Option<&Entry>) -> Result<AskOpened, StoreError> {
        let mut session = self.inner.db.begin().await?;
        if !insert(&mut session, ask).await? {
            let known = read(&mut session, &ask.key).await?.ok_or_else(overtaken)?;
            return Ok(AskOpened::Known(Box::new(known)));
        }
        keep_copies(&mut session, &ask.key, copies).await?;
        if let Some(told) = told {
            journal::insert(&mut session, told).await?;
        }
        session.commit().await?;
        Ok(AskOpened::New)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn ask(&self, key: &Key) -> Result<Option<Ask>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        read(&mut self.inner.db.reader(), key).await
    }

    /// The answers of an ask that are kept, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answers(&self, key: &Key) -> Result<Vec<Answer>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(Vec::new());
        }
        let mut answers = read_answers(&mut self.inner.db.reader(), std::iter::once(key)).await?;
        Ok(answers.remove(key).unwrap_or_default())
    }

    /// An ask with its answers. These are read first, so that an answer that has ended the ask is never shown beside one that
    /// is still open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_with_answers(&self, key: &Key) -> Result<Option<(Ask, Vec<Answer>)>, StoreError> {
        let answers = self.answers(key).await?;
        Ok(self.ask(key).await?.map(|ask| (ask, answers)))
    }

    /// Counts that a message with the question is sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_ask_send(&self, key: &Key) -> Result<Option<Ask>, StoreError> {
        let sql = format!("UPDATE asks SET sends = sends + 1 WHERE tenant = $1 AND id = $2 RETURNING {ASK}");
        if !is_storable(&key.id) {
            return Ok(None);
        }
        let rows = self.inner.db.writer().query(&sql, &key_values(key)).await?;
        rows.first().map(ask_of).transpose()
    }
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

/// False when the tenant has one of this id.
async fn insert(session: &mut Session, ask: &Ask) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO asks ({ASK}, handle, untold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
         $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, FALSE) ON CONFLICT DO NOTHING RETURNING id"
    );
    let (choices, audience) = (ask.choices_text(), ask.audience_text());
    let handle = Purpose::Answer.handle(&ask.key);
    let count = |count: u32| Value::Int(Some(i64::from(count)));
    let end = ask.end.as_ref();
    let [tenant, id] = key_values(&ask.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(ask.kind.as_str())),
        Value::Text(Some(&ask.question)),
        Value::Text(Some(&choices)),
        Value::Text(Some(&audience)),
        count(ask.quorum),
        Value::Flag(ask.four_eyes),
        Value::Flag(ask.may_change),
        Value::Text(ask.requested_by.as_deref()),
        Value::Text(ask.correlation_id.as_deref()),
        Value::Text(ask.reply_to.as_deref()),
        count(ask.version),
        Value::Bytes(Some(&ask.salt)),
        Value::Text(Some(&ask.key_id)),
        count(ask.attempts),
        count(ask.sends),
        Value::Int(Some(ask.created_at.as_micros())),
        Value::Int(Some(ask.expires_at.as_micros())),
        Value::Text(Some(ask.state().as_str())),
        Value::Text(end.and_then(|end| end.choice.as_deref())),
        Value::Text(end.and_then(|end| end.by.as_deref())),
        Value::Int(end.map(|end| end.at.as_micros())),
        Value::Bytes(Some(ask.content.as_bytes())),
        Value::Bytes(Some(handle.as_bytes())),
    ];
    Ok(!session.query(&sql, &values).await?.is_empty())
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
