//! The messages by which people are asked: written with their ask, and without a destination once the ask has ended.

use domain::Key;

use super::copy::{AskCopy, COLUMNS, read_copies};
use super::is_storable;
use crate::error::StoreError;
use crate::sql::{Session, Value, key_values};
use crate::store::Store;

impl Store {
    /// The copies of an ask, in the order of people, steps and channels.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_copies(&self, ask: &Key) -> Result<Vec<AskCopy>, StoreError> {
        if !is_storable(&ask.id) {
            return Ok(Vec::new());
        }
        let mut copies = read_copies(&mut self.inner.db.reader(), std::iter::once(ask)).await?;
        Ok(copies.remove(ask).unwrap_or_default())
    }

    /// Forgets where the copies of an ask went: it has ended, and nothing more is sent there for it.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn forget_destinations(&self, ask: &Key) -> Result<(), StoreError> {
        const FORGET: &str = "UPDATE ask_copies SET destination = NULL WHERE tenant = $1 AND ask = $2";
        if !is_storable(&ask.id) {
            return Ok(());
        }
        self.inner.db.writer().query(FORGET, &key_values(ask)).await.map(drop)
    }
}

pub(super) async fn keep_copies(session: &mut Session, ask: &Key, copies: &[AskCopy]) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO ask_copies (tenant, ask, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    for copy in copies {
        let [tenant, id] = key_values(ask);
        let values = [
            tenant,
            id,
            Value::Text(Some(&copy.delivery)),
            Value::Int(Some(i64::from(copy.place))),
            Value::Int(Some(i64::from(copy.step))),
            Value::Int(Some(i64::from(copy.rung))),
            Value::Text(Some(copy.channel.as_str())),
            Value::Text(copy.destination.as_deref()),
            Value::Bytes(Some(copy.recipient.as_bytes())),
            Value::Text(copy.locale.as_deref()),
            Value::Int(Some(copy.due_at.as_micros())),
        ];
        session.query(&sql, &values).await?;
    }
    Ok(())
}
