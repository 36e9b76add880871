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
