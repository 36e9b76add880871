//! Which keys have hashed the recipients on the suppression list: whoever was hashed with a key that is gone is found by
//! nobody, and written to again.

use domain::{RecipientHash, Timestamp};

use crate::error::StoreError;
use crate::sql::{Value, count_of, get};
use crate::store::Store;

/// The marks in the order of their use.
const READ: &str = "SELECT mark FROM recipient_keys ORDER BY since, mark";

const NOTE: &str = "INSERT INTO recipient_keys (since, mark) VALUES ($1, $2) ON CONFLICT (since, mark) DO NOTHING";

/// The entries in force that were made while neither of two keys was in use. Those before the first key is noted were
/// made with that key.
const COUNT: &str = "SELECT COUNT(*) AS lost FROM suppressions AS s WHERE (s.until_at IS NULL OR s.until_at > $3) \
     AND COALESCE((SELECT k.mark FROM recipient_keys AS k WHERE k.since <= s.since ORDER BY k.since DESC, k.mark LIMIT 1), \
     (SELECT f.mark FROM recipient_keys AS f ORDER BY f.since, f.mark LIMIT 1)) NOT IN ($1, $2)";

impl Store {
    /// Whether recipients were ever hashed with the key of the mark `current` or of that of `before`. True as well where no
    /// key is noted: then nobody knows better.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_recipient_key_known(
        &self,
        current: RecipientHash,
        before: Option<RecipientHash>,
    ) -> Result<bool, StoreError> {
        let rows = self.inner.db.reader().query(READ, &[]).await?;
        let marks = rows.iter().map(|row| get(row, "mark")).collect::<Result<Vec<Vec<u8>>, StoreError>>()?;
        let ours = [Some(current), before];
        let is_ours = |mark: &Vec<u8>| ours.iter().flatten().any(|ours| mark == ours.as_bytes());
        Ok(marks.is_empty() || marks.iter().any(is_ours))
    }

    /// Notes that the key of the mark `current` hashes recipients from now on. Returns how many entries of the suppression
    /// list were made while neither that key nor the one of `before` was in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_recipient_key(
        &self,
        current: RecipientHash,
        before: Option<RecipientHash>,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let before = before.unwrap_or(current);
        let [current, before] = [&current, &before].map(RecipientHash::as_bytes);
        let mut session = self.inner.db.writer();
        let rows = session.query(READ, &[]).await?;
        let marks = rows.iter().map(|row| get(row, "mark")).collect::<Result<Vec<Vec<u8>>, StoreError>>()?;
        let now = Value::Int(Some(now.as_micros()));
        if marks.last().is_none_or(|last| last != current) {
            session.query(NOTE, &[now, Value::Bytes(Some(current))]).await?;
        }
        if marks.iter().all(|mark| mark == current || mark == before) {
            return Ok(0);
        }
        let values = [Value::Bytes(Some(current)), Value::Bytes(Some(before)), now];
        let rows = session.query(COUNT, &values).await?;
        rows.first().map_or(Ok(0), |row| count_of(row, "lost"))
    }
}
