//! Who did what: rows that are only added, in the transaction of what they tell, by `entry`. `seal` chains them, `verify` looks at the
//! chain, `list` reads them.

pub(crate) mod entry;
mod list;
mod seal;
mod verify;

use std::time::Duration;

use domain::Entry;

use self::entry::storable;
use crate::error::StoreError;
use crate::sql::{Value, get, micros};
use crate::store::Store;

pub(crate) use entry::insert;
pub use list::{JOURNAL_LOOK, JournalCursor, JournalEntry, JournalFilter, JournalPage};
pub use seal::JournalHead;
pub use verify::{VerifiedJournal, WrongEntry};

/// The most entries of one kind and actor that [`Store::journal_seldom`] notes within its time.
const MOST_LATELY: usize = 20;

impl Store {
    /// Notes what has no other write.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(&self, entry: &Entry) -> Result<(), StoreError> {
        insert(&mut self.inner.db.writer(), entry).await
    }

    /// Notes it, unless the same of the same actor and subject was noted within so long before, or 20 of that kind and actor
    /// were: whoever repeats what is refused, or asks for ever new things, must not fill the ledger. What a clock has noted
    /// that was ahead by more than that silences nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_seldom(&self, entry: &Entry, within: Duration) -> Result<(), StoreError> {
        let lately = format!(
            "SELECT subject FROM journal WHERE tenant = $1 AND at > $2 AND at < $5 AND actor = $3 AND kind = $4 \
             LIMIT {MOST_LATELY}"
        );
        let (subject, actor) = (storable(&entry.subject), storable(&entry.actor));
        let values = [
            Value::Text(Some(entry.tenant.as_str())),
            Value::Int(Some(entry.at.as_micros().saturating_sub(micros(within)))),
            Value::Text(Some(&actor)),
            Value::Text(Some(entry.kind)),
            Value::Int(Some(entry.at.as_micros().saturating_add(micros(within)))),
        ];
        let rows = self.inner.db.reader().query(&lately, &values).await?;
        let noted: Vec<String> = rows.iter().map(|row| get(row, "subject")).collect::<Result<_, _>>()?;
        if noted.len() >= MOST_LATELY || noted.iter().any(|noted| *noted == subject) {
            return Ok(());
        }
        self.journal(entry).await
    }

    /// Notes it, unless the same of the same actor and subject was noted within so long before: a page that comes again by
    /// itself tells nothing new. Of a clock that was ahead the same holds as of [`Self::journal_seldom`]. Of several processes
    /// that are asked at once, one notes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_once(&self, entry: &Entry, within: Duration) -> Result<(), StoreError> {
        const SAME: &str = "SELECT id FROM journal WHERE tenant = $1 AND at > $2 AND at < $6 AND actor = $3 \
             AND kind = $4 AND subject = $5 LIMIT 1";
        let (subject, actor) = (storable(&entry.subject), storable(&entry.actor));
        let values = [
            Value::Text(Some(entry.tenant.as_str())),
            Value::Int(Some(entry.at.as_micros().saturating_sub(micros(within)))),
            Value::Text(Some(&actor)),
            Value::Text(Some(entry.kind)),
            Value::Text(Some(&subject)),
            Value::Int(Some(entry.at.as_micros().saturating_add(micros(within)))),
        ];
        if !self.inner.db.reader().query(SAME, &values).await?.is_empty() {
            return Ok(());
        }
        let mut session = self.inner.db.begin().await?;
        session.lock_name(&format!("journal {} {} {actor} {subject}", entry.tenant, entry.kind)).await?;
        // Another process may have noted it since the look, and had the lock for that.
        if session.query(SAME, &values).await?.is_empty() {
            insert(&mut session, entry).await?;
            session.commit().await?;
        }
        Ok(())
    }

    /// Runs a statement that has changed something where it returns a row, and notes that in its transaction. False where
    /// it returns none.
    pub(crate) async fn change_told(&self, sql: &str, values: &[Value<'_>], told: &Entry) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        if session.query(sql, values).await?.is_empty() {
            return Ok(false);
        }
        insert(&mut session, told).await?;
        session.commit().await?;
        Ok(true)
    }
}
