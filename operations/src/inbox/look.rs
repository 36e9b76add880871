//! Looks into the inboxes of others: whoever supports users sees what they were told, and the journal has who did.

use std::time::Duration;

use domain::{Actor, Entry, Scope, Tenant, Timestamp, is_inbox_name};
use store::{Filtering, InboxCursor, InboxFilter, InboxKept, InboxPage, PageCursor, Store, StoreError, fingerprint};

use crate::allowed::{NotDone, must};
use crate::listed::{NotListed, must_be_of};

/// Whoever looks into the same inbox again is told of once in this time: its pages follow one another.
const TOLD_ONCE_IN: Duration = Duration::from_secs(10 * 60);

/// Which items of whose inbox to show, the newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LookedFor<'a> {
    pub user: &'a str,
    pub filter: InboxFilter,
    /// Where the page before has ended.
    pub after: Option<&'a PageCursor<i64>>,
}

/// What whoever supports a user sees of the inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    pub page: InboxPage,
    pub kept: InboxKept,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<PageCursor<i64>>,
}

/// Why nothing of an inbox is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotLooked {
    NotDone(NotDone),
    /// No user can be called so.
    NoUser,
    NotListed(NotListed),
}

/// What is asked for, and of which tenant.
struct Asked<'a> {
    tenant: &'a Tenant,
    wanted: LookedFor<'a>,
}

impl Filtering for Asked<'_> {
    fn fingerprint(&self) -> String {
        let LookedFor { user, filter, after: _ } = self.wanted;
        fingerprint("inbox", (self.tenant.as_str(), user, filter.as_str()), &[])
    }
}

impl From<NotDone> for NotLooked {
    fn from(not_done: NotDone) -> Self {
        Self::NotDone(not_done)
    }
}

impl From<NotListed> for NotLooked {
    fn from(why: NotListed) -> Self {
        Self::NotListed(why)
    }
}

impl From<StoreError> for NotLooked {
    fn from(error: StoreError) -> Self {
        Self::NotListed(error.into())
    }
}

/// Looks into the inbox of a user of the actor's tenant.
///
/// # Errors
/// [`NotLooked`].
pub async fn look(
    store: &Store,
    actor: &Actor,
    wanted: LookedFor<'_>,
    limit: usize,
    now: Timestamp,
) -> Result<Looked, NotLooked> {
    must(store, actor, &[Scope::Read], "see an inbox", now).await?;
    let LookedFor { user, filter, after } = wanted;
    if !is_inbox_name(user) {
        return Err(NotLooked::NoUser);
    }
    let asked = Asked { tenant: &actor.tenant, wanted };
    must_be_of(after, &asked)?;
    note(store, actor, user, now).await?;
    let kept = store.inbox_kept(&actor.tenant, user).await?;
    let from = InboxCursor::Newest { filter, before: after.map(|cursor| *cursor.row()) };
    let page = store.inbox(&actor.tenant, user, from, limit).await?;
    let next = page.items.last().filter(|_| !page.complete).map(|last| PageCursor::of_row(&asked, last.seq));
    Ok(Looked { page, kept, next })
}

/// Tells the journal of a look into the inbox of somebody else, before anything of it is shown.
pub(super) async fn note(store: &Store, actor: &Actor, user: &str, now: Timestamp) -> Result<(), StoreError> {
    if user == actor.name {
        return Ok(());
    }
    store.journal_once(&Entry::of(actor, "inbox.opened", user, now), TOLD_ONCE_IN).await
}
