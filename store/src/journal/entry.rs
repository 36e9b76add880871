//! Notes what a transaction does, as part of it.

use std::borrow::Cow;

use domain::Entry;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Group, Session};

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
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
