//! When somebody has written, or pressed, last by a channel: WhatsApp takes words for them only for some time after that. It is
//! the same for all tenants, who write with the same number.

use domain::{ChannelName, RecipientHash, Timestamp};

use crate::error::StoreError;
use crate::sql::{Value, get};
use crate::store::Store;

impl Store {
    /// Notes that somebody was heard at this time, unless something later is known. Repeating it is harmless.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_heard(
        &self,
        channel: &ChannelName,
        recipient: RecipientHash,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO heard (recipient, channel, last_at) VALUES ($1, $2, $3) \
             ON CONFLICT (recipient, channel) DO UPDATE SET last_at = excluded.last_at \
             WHERE heard.last_at < excluded.last_at";
        let values = [
            Value::Bytes(Some(recipient.as_bytes())),
            Value::Text(Some(channel.as_str())),
            Value::Int(Some(at.as_micros())),
        ];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
    }

    /// When they were heard last. None where they never were, or where that is forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn heard(
        &self,
        channel: &ChannelName,
        recipient: RecipientHash,
    ) -> Result<Option<Timestamp>, StoreError> {
        const READ: &str = "SELECT last_at FROM heard WHERE recipient = $1 AND channel = $2";
        let values = [Value::Bytes(Some(recipient.as_bytes())), Value::Text(Some(channel.as_str()))];
        let rows = self.inner.db.reader().query(READ, &values).await?;
        rows.first().map(|row| get(row, "last_at").map(Timestamp::from_micros)).transpose()
    }

    /// Forgets who was heard last before then. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_heard(&self, before: Timestamp) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM heard WHERE last_at < $1";
        self.inner.db.writer().query(DELETE, &[Value::Int(Some(before.as_micros()))]).await.map(drop)
    }
}
