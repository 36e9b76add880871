//! Who did what: rows that are only added.

use std::borrow::Cow;

use domain::Entry;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Session, Value};
use crate::store::Store;

impl Store {
    /// Notes what has no other write, such as what was refused.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(&self, entry: &Entry) -> Result<(), StoreError> {
        insert(&mut self.inner.db.writer(), entry).await
    }
}

/// Notes what a transaction does, as part of it.
pub(crate) async fn insert(session: &mut Session, entry: &Entry) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO journal (id, tenant, kind, subject, actor, at, data) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (id, data) = (Uuid::now_v7().to_string(), entry.data_text());
    let (subject, actor) = (storable(&entry.subject), storable(&entry.actor));
    let values = [
        Value::Text(Some(&id)),
        Value::Text(Some(entry.tenant.as_str())),
        Value::Text(Some(entry.kind)),
        Value::Text(Some(&subject)),
        Value::Text(Some(&actor)),
        Value::Int(Some(entry.at.as_micros())),
        Value::Text(Some(&data)),
    ];
    session.query(INSERT, &values).await.map(drop)
}

/// Postgres can store no NUL.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
