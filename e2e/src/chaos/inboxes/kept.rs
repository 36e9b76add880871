//! What SQL, the clients and the provider have at the end of inboxes, and which deliveries are theirs and no notification's.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chasqui::clock::SystemClock;
use domain::{Clock as _, INAPP, Tenant};
use store::{DeliveryView, InboxCursor, InboxFilter, InboxItem, Store};
use tokio::time::{Instant, sleep};

use super::Inboxes;
use crate::chaos::reconcile::Told;
use crate::chaos::reconcile::inboxes::{Books, Inbox, Item, Kept};
use crate::provider::Received;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// More than there is in any inbox of a run.
const MOST: usize = 1_000;

/// Deliveries to inboxes and topics, and what was told of them.
#[derive(Default)]
pub(in crate::chaos) struct Apart {
    deliveries: HashMap<String, DeliveryView>,
    told: Vec<Told>,
}

impl Apart {
    /// Takes what is of inboxes out of the rows of the ledger and the events.
    pub(in crate::chaos) fn take(rows: &mut Vec<DeliveryView>, told: &mut Vec<Told>) -> Self {
        let is_own = |view: &DeliveryView| view.row.channel.as_str() == INAPP;
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(rows).into_iter().partition(is_own);
        *rows = others;
        let deliveries: HashMap<_, _> = own.into_iter().map(|view| (view.row.key.id.clone(), view)).collect();
        let is_own = |event: &Told| deliveries.contains_key(&event.delivery);
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(told).into_iter().partition(is_own);
        *told = others;
        Self { deliveries, told: own }
    }
}

impl Inboxes {
    /// Waits until every client shows what SQL has, and nobody is shown with a gateway that has died. What differs after the
    /// patience is judged as it is.
    pub(in crate::chaos) async fn until_shown(&self, store: &Store, patience: Duration) {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.is_shown(store).await.unwrap_or(false) {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn is_shown(&self, store: &Store) -> Result<bool> {
        for shown in self.shown() {
            let present = store.present(&Tenant::default(), &shown.user).await?;
            let is_present = present.is_some_and(|present| (1..=2).contains(&present.gateways));
            if !is_present || inbox(store, &shown.user).await? != shown.inbox {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads everything at the end.
    ///
    /// # Errors
    /// The ledger's.
    pub(in crate::chaos) async fn kept(
        &self,
        store: &Store,
        books: &Books,
        Apart { deliveries, told }: Apart,
        received: &[Received],
    ) -> Result<Kept> {
        let mut kept = Kept { shown: self.shown(), deliveries, told, copies: copies(received), ..Kept::default() };
        for user in books.users() {
            kept.inboxes.insert(user.to_owned(), inbox(store, user).await.with_context(|| user.to_owned())?);
        }
        for shown in &kept.shown {
            let present = store.present(&Tenant::default(), &shown.user).await?;
            kept.present.insert(shown.user.clone(), present.map_or(0, |present| present.gateways));
        }
        Ok(kept)
    }
}

/// The inbox of a user as SQL has it.
async fn inbox(store: &Store, user: &str) -> Result<Inbox> {
    let from = InboxCursor::Newest { filter: InboxFilter::All, before: None };
    let page = store.inbox(&Tenant::default(), user, from, MOST).await?;
    let items = page.items.into_iter().map(|InboxItem { key, seq, changed_seq, marks, .. }| {
        let (is_seen, is_read) = (marks.seen_at.is_some(), marks.read_at.is_some());
        (key.id, Item { seq, changed_seq, is_seen, is_read })
    });
    Ok(Inbox { items: items.collect(), counters: page.counters })
}

/// When the provider got what it may have taken, by the recipients.
fn copies(received: &[Received]) -> HashMap<String, Vec<domain::Timestamp>> {
    let now = SystemClock.now();
    let mut copies: HashMap<String, Vec<_>> = HashMap::new();
    for one in received.iter().filter(|one| one.answer.may_have_accepted()) {
        let recipient = one.to.strip_prefix("whatsapp:").unwrap_or(&one.to).to_owned();
        copies.entry(recipient).or_default().push(now.minus(one.at.elapsed()));
    }
    copies
}
