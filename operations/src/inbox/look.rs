//! Looks into the inboxes of others: whoever supports users sees what they were told, and the journal has who did.

use std::time::Duration;

use domain::{Actor, Entry, Scope, Timestamp, is_inbox_name};
use store::{InboxCursor, InboxKept, InboxPage, Store, StoreError};

use super::NotInbox;
use crate::allowed::must;

/// Whoever looks into the same inbox again is told of once in this time: its pages follow one another.
const TOLD_ONCE_IN: Duration = Duration::from_secs(10 * 60);

/// What whoever supports a user sees of the inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    pub page: InboxPage,
    pub kept: InboxKept,
}

/// Looks into the inbox of a user of the actor's tenant.
///
/// # Errors
/// [`NotInbox`].
pub async fn look(
    store: &Store,
    actor: &Actor,
    user: &str,
    from: InboxCursor,
    limit: usize,
    now: Timestamp,
) -> Result<Looked, NotInbox> {
    must(store, actor, &[Scope::Read], "see an inbox", now).await?;
    if !is_inbox_name(user) {
        return Err(NotInbox::NoUser);
    }
    note(store, actor, user, now).await?;
    let kept = store.inbox_kept(&actor.tenant, user).await?;
    Ok(Looked { page: store.inbox(&actor.tenant, user, from, limit).await?, kept })
}

/// Tells the journal of a look into the inbox of somebody else, before anything of it is shown.
pub(super) async fn note(store: &Store, actor: &Actor, user: &str, now: Timestamp) -> Result<(), StoreError> {
    if user == actor.name {
        return Ok(());
    }
    store.journal_once(&Entry::of(actor, "inbox.opened", user, now), TOLD_ONCE_IN).await
}
