//! Who did what: rows that are only added, in the transaction of what they tell. `seal` chains them, `verify` looks at the
//! chain, `list` reads them.

mod list;
mod seal;
mod verify;

use std::borrow::Cow;
use std::time::Duration;

use domain::Entry;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Group, Session, Value, get, micros};
use crate::store::Store;

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
    /// itself tells nothing new. Of a clock that was ahead the same holds as of [`Self::journal_seldom`].
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
        if self.inner.db.reader().query(SAME, &values).await?.is_empty() {
            self.journal(entry).await?;
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

/// Notes what a transaction does, as part of it.
pub(crate) async fn insert(session: &mut Session, entry: &Entry) -> Result<(), StoreError> {
    insert_all(session, std::slice::from_ref(entry)).await
}

/// Notes everything that a transaction does, as part of it.
pub(crate) async fn insert_all(session: &mut Session, entries: &[Entry]) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO journal (id, tenant, kind, subject, actor, at, data) \
         SELECT u.id, u.tenant, u.kind, u.subject, u.actor, u.at, u.data FROM {u}";
    let ids: Vec<String> = entries.iter().map(|_| Uuid::now_v7().to_string()).collect();
    let data: Vec<String> = entries.iter().map(Entry::data_text).collect();
    let subjects: Vec<Cow<'_, str>> = entries.iter().map(|entry| storable(&entry.subject)).collect();
    let actors: Vec<Cow<'_, str>> = entries.iter().map(|entry| storable(&entry.actor)).collect();
    let group = Group::of(entries.len())
        .text("id", ids.iter().map(String::as_str))
        .text("tenant", entries.iter().map(|entry| entry.tenant.as_str()))
        .text("kind", entries.iter().map(|entry| entry.kind))
        .text("subject", subjects.iter().map(Cow::as_ref))
        .text("actor", actors.iter().map(Cow::as_ref))
        .int("at", entries.iter().map(|entry| entry.at.as_micros()))
        .text("data", data.iter().map(String::as_str));
    session.query_group(INSERT, &group).await.map(drop)
}

/// Postgres can store no NUL.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
