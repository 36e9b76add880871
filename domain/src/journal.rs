//! What people decided, as the journal keeps it.

use serde_json::{Map, Value};

use crate::{Actor, Tenant, Timestamp};

/// One thing that somebody decided or was refused. It is written in the transaction of what it tells, and never changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub tenant: Tenant,
    /// What was done, as a word with a dot: `suppression.added`, `dead_letters.replayed`, `denied`.
    pub kind: &'static str,
    /// To what: the id of a delivery, a job, a user.
    pub subject: String,
    /// [`Actor::name`].
    pub actor: String,
    pub at: Timestamp,
    /// The reason that was given, and what tells one such thing from another. Never a destination or a secret.
    pub data: Map<String, Value>,
}

/// An entry as the database has it, column by column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRow {
    pub id: String,
    pub tenant: String,
    pub kind: String,
    pub subject: String,
    pub actor: String,
    /// In microseconds of the epoch.
    pub at: i64,
    pub data: String,
}

impl JournalRow {
    /// What a seal is made of. Each part has its length before it, so that no two rows give the same bytes. The form never
    /// changes: seals of years ago are made of it.
    pub(crate) fn sealed_bytes(&self, seq: i64, before: &[u8]) -> Vec<u8> {
        let (seq, at) = (seq.to_be_bytes(), self.at.to_be_bytes());
        let texts = [&self.id, &self.tenant, &self.kind, &self.subject, &self.actor].map(String::as_bytes);
        let parts = [before, seq.as_slice()].into_iter().chain(texts).chain([at.as_slice(), self.data.as_bytes()]);
        let mut bytes = Vec::with_capacity(self.data.len() + 256);
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

impl Entry {
    pub fn of(actor: &Actor, kind: &'static str, subject: impl Into<String>, at: Timestamp) -> Self {
        let (tenant, actor) = (actor.tenant.clone(), actor.name.clone());
        Self { tenant, kind, subject: subject.into(), actor, at, data: Map::new() }
    }

    /// The same with one thing more told.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// [`Self::data`] as it is stored.
    pub fn data_text(&self) -> String {
        Value::Object(self.data.clone()).to_string()
    }
}
