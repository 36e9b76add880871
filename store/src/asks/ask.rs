//! Asks: opened once, and read.

use domain::{Answer, Ask, Entry, Key, Purpose};
use uuid::Uuid;

use super::copies::keep_copies;
use super::copy::AskCopy;
use super::lookup::AskFound;
use super::row::{ASK, ask_of, read, read_answers};
use super::{is_storable, overtaken};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, key_values};
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

    /// The ask that a link or a button names ([`domain::Ticket::handle`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_of_ticket(&self, handle: Uuid) -> Result<Option<AskFound>, StoreError> {
        self.inner.writers.tickets.write(handle).await
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
