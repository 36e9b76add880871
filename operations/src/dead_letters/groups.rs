//! Letters that failed alike, as one: which groups there are, whose letters a job has, and that somebody looks after one.

use domain::{Actor, Clock, Entry, Scope, Tenant};
use store::{LetterGroup, LetterJob, Store, StoreError};

use crate::allowed::{NotDone, must};

/// The groups of letters that failed alike, those with the most letters first.
///
/// # Errors
/// [`StoreError`].
pub async fn groups(store: &Store, tenant: &Tenant, resolved: bool) -> Result<Vec<LetterGroup>, StoreError> {
    store.letter_groups(tenant, resolved).await
}

/// One group of letters that failed alike, also a resolved one. None when there is no such group.
///
/// # Errors
/// [`StoreError`].
pub async fn group(store: &Store, tenant: &Tenant, fingerprint: &str) -> Result<Option<LetterGroup>, StoreError> {
    store.letter_group(tenant, fingerprint).await
}

/// The groups of a job's letters, at most ten.
///
/// # Errors
/// [`StoreError`].
pub async fn groups_of(store: &Store, job: &LetterJob, tenant: &Tenant) -> Result<Vec<LetterGroup>, StoreError> {
    named(store, tenant, store.groups_of_letter_job(&job.id).await?).await
}

/// The groups of what a job has sent and what is in the queue again, at most ten.
///
/// # Errors
/// [`StoreError`].
pub async fn groups_again(store: &Store, job: &LetterJob, tenant: &Tenant) -> Result<Vec<LetterGroup>, StoreError> {
    named(store, tenant, store.groups_dead_again(&job.id).await?).await
}

/// Those that are known still.
async fn named(store: &Store, tenant: &Tenant, fingerprints: Vec<String>) -> Result<Vec<LetterGroup>, StoreError> {
    let mut groups = Vec::new();
    for fingerprint in fingerprints {
        groups.extend(group(store, tenant, &fingerprint).await?);
    }
    Ok(groups)
}

/// Notes that somebody looks after a group. False when there is no such group.
///
/// # Errors
/// [`NotDone`].
pub async fn acknowledge(
    store: &Store,
    actor: &Actor,
    group: &str,
    note: Option<&str>,
    clock: &dyn Clock,
) -> Result<bool, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "acknowledge dead letters", now).await?;
    if group.contains('\0') {
        return Ok(false);
    }
    let told = Entry::of(actor, "dead_letters.acknowledged", group, now).with("note", note);
    Ok(store.acknowledge_letter_group(&actor.tenant, group, note, &told).await?)
}
