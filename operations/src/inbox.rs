//! The inboxes of users: they read what was told them in an application, and say what they have done with it. Whoever supports
//! them may do so for them; `look` is how they look into one, of which the journal is told.

mod look;

use domain::{
    Actor, Clock, Defaults, EventName, FieldError, InboxAct, InboxCounters, InboxEvent, InboxStanding, Key,
    RecipientHasher, Scope, Telling, Tenant, Timestamp, child_id, is_inbox_name, parse_object,
};
use store::{InboxCursor, InboxItem, InboxPage, Store, StoreError};
use topology::{Publication, PublishError, Publisher};

use crate::allowed::{NotDone, must};
use crate::cancel::call_off;
use crate::checked::Refused;
use crate::reader::{Reader, field_meant};

pub use look::{Looked, LookedFor, NotLooked, look};

/// The fields of the body by which an item is snoozed.
pub const SNOOZE_FIELDS: [&str; 1] = ["until"];
/// The fields of the body by which everything up to an item is read.
pub const READ_FIELDS: [&str; 1] = ["through"];

/// The largest whole number that every reader of JSON reads exactly.
const MAX_SEQ: u64 = 1 << 53;
/// How many children are looked for at once that wait for what is read together.
const BATCH: usize = 200;

/// What the use cases stand on.
#[derive(Clone, Copy)]
pub struct Inboxes<'a> {
    pub store: &'a Store,
    pub publisher: &'a Publisher,
    pub telling: Telling,
    pub defaults: &'a Defaults,
    pub recipients: &'a RecipientHasher,
    pub clock: &'a dyn Clock,
}

/// Why an inbox was not shown, or nothing done in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotInbox {
    NotDone(NotDone),
    /// Whoever asks has a name that no user can have.
    NoUser,
    /// The inbox has no such item.
    Unknown,
    /// It is done, and the broker has not confirmed that it is told. A repeat tells it again.
    Unconfirmed(PublishError),
}

impl From<StoreError> for NotInbox {
    fn from(error: StoreError) -> Self {
        Self::NotDone(NotDone::Ledger(error))
    }
}

impl From<NotDone> for NotInbox {
    fn from(not_done: NotDone) -> Self {
        Self::NotDone(not_done)
    }
}

impl Inboxes<'_> {
    /// Reads an inbox: the actor's own, or that of the `user` who is named, of which the journal is told.
    ///
    /// # Errors
    /// [`NotInbox`].
    pub async fn page(
        &self,
        actor: &Actor,
        user: Option<&str>,
        from: InboxCursor,
        limit: usize,
    ) -> Result<InboxPage, NotInbox> {
        let user = self.whose(actor, user, Scope::Read, "see an inbox").await?;
        look::note(self.store, actor, user, self.clock.now()).await?;
        Ok(self.store.inbox(&actor.tenant, user, from, limit).await?)
    }

    /// Where an inbox stands.
    ///
    /// # Errors
    /// [`NotInbox`].
    pub async fn counters(&self, actor: &Actor, user: Option<&str>) -> Result<InboxCounters, NotInbox> {
        let user = self.whose(actor, user, Scope::Read, "see an inbox").await?;
        Ok(self.store.inbox_counters(&actor.tenant, user).await?)
    }

    /// Does with an item what its user wants. A child that waits for that is called off first: once it is done, it is not sent.
    ///
    /// # Errors
    /// [`NotInbox`]; after [`NotInbox::Unconfirmed`] and while the ledger is not available repeat it.
    pub async fn change(
        &self,
        actor: &Actor,
        user: Option<&str>,
        id: &str,
        act: InboxAct,
    ) -> Result<InboxCounters, NotInbox> {
        let user = self.whose(actor, user, Scope::Operate, "change an inbox").await?;
        let (key, now) = (Key { tenant: actor.tenant.clone(), id: id.to_owned() }, self.clock.now());
        let item = self.store.inbox_item(&key, user).await?.ok_or(NotInbox::Unknown)?;
        let is_being_sent = answers(&item, act) && self.call_off(&key, now).await?;
        let counters = self.store.change_inbox_item(&key, user, act, now).await?.ok_or(NotInbox::Unknown)?;
        if is_being_sent {
            self.call_off_the_rest(&key, now).await?;
        }
        self.tell(act.event(), &key, InboxStanding { user, counters }, now).await?;
        Ok(counters)
    }

    /// Reads everything up to the item that came with the change `through`. The children that wait for that are called off
    /// first.
    ///
    /// # Errors
    /// [`NotInbox`]; after [`NotInbox::Unconfirmed`] and while the ledger is not available repeat it.
    pub async fn read_through(
        &self,
        actor: &Actor,
        user: Option<&str>,
        through: i64,
    ) -> Result<InboxCounters, NotInbox> {
        let user = self.whose(actor, user, Scope::Operate, "change an inbox").await?;
        let now = self.clock.now();
        // What comes meanwhile is not read by this: its child would not have been called off.
        let through = through.min(self.store.inbox_counters(&actor.tenant, user).await?.seq);
        let being_sent = self.call_off_through(&actor.tenant, user, through, now).await?;
        let (newest, counters) = self.store.read_inbox(&actor.tenant, user, through, now).await?;
        for item in &being_sent {
            self.call_off_the_rest(item, now).await?;
        }
        if let Some(newest) = newest {
            self.tell(EventName::Read, &newest, InboxStanding { user, counters }, now).await?;
        }
        Ok(counters)
    }

    /// Whose inbox is meant: the actor's own, or that of a user whom it supports, for which it needs the scope.
    async fn whose<'u>(
        &self,
        actor: &'u Actor,
        user: Option<&'u str>,
        of_support: Scope,
        asked: &str,
    ) -> Result<&'u str, NotInbox> {
        let now = self.clock.now();
        match user {
            Some(_) => must(self.store, actor, &[of_support], asked, now).await?,
            None => must(self.store, actor, &[of_support, Scope::Inbox], asked, now).await?,
        }
        let user = user.unwrap_or(&actor.name);
        if is_inbox_name(user) { Ok(user) } else { Err(NotInbox::NoUser) }
    }

    /// True where a child is being sent, which nobody can call back.
    async fn call_off(&self, item: &Key, now: Timestamp) -> Result<bool, StoreError> {
        let child = Key { tenant: item.tenant.clone(), id: child_id(item, 1) };
        call_off(self.store, child, self.defaults, self.recipients, now).await
    }

    /// Calls off what comes after an attempt that was being sent when the child was called off first. A worker makes no
    /// further attempt of what was read; one that has looked just before that may be about to claim it, and finds it
    /// cancelled.
    async fn call_off_the_rest(&self, item: &Key, now: Timestamp) -> Result<(), StoreError> {
        self.call_off(item, now).await.map(drop)
    }

    /// Returns the items whose children are being sent.
    async fn call_off_through(
        &self,
        tenant: &Tenant,
        user: &str,
        through: i64,
        now: Timestamp,
    ) -> Result<Vec<Key>, StoreError> {
        let (mut after, mut being_sent) = (0, Vec::new());
        loop {
            let waiting = self.store.inbox_escalations((tenant, user), (after, through), BATCH).await?;
            let Some((last, _)) = waiting.last() else { return Ok(being_sent) };
            after = *last;
            for (_, item) in waiting {
                if self.call_off(&item, now).await? {
                    being_sent.push(item);
                }
            }
        }
    }

    /// Tells what was done, also where it was done before: a repeat is there because its answer was lost.
    async fn tell(
        &self,
        name: EventName,
        item: &Key,
        standing: InboxStanding<'_>,
        at: Timestamp,
    ) -> Result<(), NotInbox> {
        if !self.telling.tells(name) {
            return Ok(());
        }
        let event = Publication::of_inbox(&InboxEvent { name, item, standing, at });
        self.publisher.publish(event).await.map_err(NotInbox::Unconfirmed)
    }
}

/// Whether the child of an item waits for just this, and for the first time.
fn answers(item: &InboxItem, act: InboxAct) -> bool {
    item.escalates.is_some_and(|when| act.answers(when) && !item.marks.answer(when))
}

/// Reads until when an item is snoozed.
///
/// # Errors
/// [`Refused`] with everything that is wrong.
pub fn snoozed_until(text: &str, now: Timestamp) -> Result<Timestamp, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut reader = Reader::of(object);
    let until = reader.required("until", "when the item is shown again, RFC 3339 with an offset");
    let until = until.and_then(|text| match Timestamp::parse_rfc3339(&text) {
        Ok(at) if at > now => Some(at),
        Ok(_) => {
            reader.refuse("until", "must be ahead");
            None
        }
        Err(error) => {
            reader.refuse("until", error.to_string());
            None
        }
    });
    reader.refuse_unknown(|name| field_meant(name, SNOOZE_FIELDS, &[]));
    done(until, reader.errors)
}

/// Reads up to which change everything is read.
///
/// # Errors
/// [`Refused`] with everything that is wrong.
pub fn read_up_to(text: &str) -> Result<i64, Refused> {
    let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
    let mut reader = Reader::of(object);
    let through = reader.number("through", 0..=MAX_SEQ);
    let is_missing = through.is_none() && !reader.has_refused("through");
    reader.refuse_unknown(|name| field_meant(name, READ_FIELDS, &[]));
    if is_missing && reader.errors.is_empty() {
        reader.refuse("through", "is missing: the seq of the newest item that was read");
    }
    done(through.and_then(|through| i64::try_from(through).ok()), reader.errors)
}

fn done<T>(read: Option<T>, errors: Vec<FieldError>) -> Result<T, Refused> {
    match read {
        Some(read) if errors.is_empty() => Ok(read),
        _ => Err(Refused::Fields(errors)),
    }
}
