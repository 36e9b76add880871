//! What a gateway asks of people's inboxes: the use cases of the API, for the person whose token was believed.

use std::sync::Arc;

use domain::{Actor, Clock, Defaults, InboxAct, InboxCounters, Key, RecipientHasher, Scope, Telling};
use gateway::{Inbox, Later, News, Person, Since};
use operations::inbox::{Inboxes, NotInbox};
use serde_json::value::{RawValue, to_raw_value};
use store::{InboxCursor, InboxFilter, InboxItem, InboxPage, Store};
use topology::Publisher;

use crate::config::Config;
use crate::parts;

/// The most items that a client is told at once of what it has missed; more it loads itself.
const MOST: usize = 100;

/// What the use cases stand on.
struct Parts {
    store: Store,
    publisher: Publisher,
    telling: Telling,
    defaults: Defaults,
    recipients: RecipientHasher,
    clock: Arc<dyn Clock>,
}

/// The inboxes of this ledger.
pub(crate) fn inbox(config: &Config, store: Store, publisher: Publisher, clock: Arc<dyn Clock>) -> Inbox {
    let parts = Arc::new(Parts {
        store,
        publisher,
        telling: config.topology.events,
        defaults: config.defaults.clone(),
        recipients: parts::hasher(config),
        clock,
    });
    let (for_items, for_news) = (Arc::clone(&parts), Arc::clone(&parts));
    Inbox {
        item: Arc::new(move |person: Person, id: String| -> Later<Option<Box<RawValue>>> {
            let parts = Arc::clone(&for_items);
            Box::pin(async move { parts.item(person, id).await })
        }),
        since: Arc::new(move |person: Person, since: Since| -> Later<News> {
            let parts = Arc::clone(&for_news);
            Box::pin(async move { parts.news(person, since).await })
        }),
        seen: Arc::new(move |person: Person, id: String| -> Later<bool> {
            let parts = Arc::clone(&parts);
            Box::pin(async move { parts.seen(person, &id).await })
        }),
    }
}

impl Parts {
    fn inboxes(&self) -> Inboxes<'_> {
        Inboxes {
            store: &self.store,
            publisher: &self.publisher,
            telling: self.telling,
            defaults: &self.defaults,
            recipients: &self.recipients,
            clock: self.clock.as_ref(),
        }
    }

    async fn item(&self, person: Person, id: String) -> Result<Option<Box<RawValue>>, String> {
        let key = Key { tenant: person.tenant, id };
        let found = self.store.inbox_item(&key, &person.user).await.map_err(|error| error.to_string())?;
        Ok(found.and_then(shown))
    }

    async fn news(&self, person: Person, since: Since) -> Result<News, String> {
        let cursor = match (since.seq, since.epoch) {
            (Some(seq), Some(epoch)) => InboxCursor::Since { seq, epoch },
            _ => InboxCursor::Newest { filter: InboxFilter::default(), before: None },
        };
        let page = self.inboxes().page(&owner(person), None, cursor, MOST).await.map_err(why)?;
        let InboxPage { items, counters, complete } = page;
        let InboxCounters { seq, epoch, unread, unseen } = counters;
        Ok(News { items: items.into_iter().filter_map(shown).collect(), complete, epoch, seq, unread, unseen })
    }

    async fn seen(&self, person: Person, id: &str) -> Result<bool, String> {
        match self.inboxes().change(&owner(person), None, id, InboxAct::Seen).await {
            Ok(_) => Ok(true),
            Err(NotInbox::Unknown) => Ok(false),
            Err(other) => Err(why(other)),
        }
    }
}

/// Whoever has shown a token may do in its own inbox what its owner may.
fn owner(person: Person) -> Actor {
    Actor { name: person.user, tenant: person.tenant, scopes: vec![Scope::Inbox] }
}

fn shown(item: InboxItem) -> Option<Box<RawValue>> {
    to_raw_value(&api::inbox_item_as_json(item)).ok()
}

fn why(not: NotInbox) -> String {
    match not {
        NotInbox::NotDone(not_done) => not_done.to_string(),
        NotInbox::NoUser => "no user can be called so".to_owned(),
        NotInbox::Unknown => "there is no such item".to_owned(),
        NotInbox::Unconfirmed(error) => error.to_string(),
    }
}
