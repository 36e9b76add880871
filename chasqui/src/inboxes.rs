//! What a gateway asks of people's inboxes, answered from the ledger.

use std::sync::Arc;

use gateway::{Inbox, News};
use store::Store;

/// The inboxes of this ledger.
pub(crate) fn inbox(_store: &Store) -> Inbox {
    Inbox {
        item: Arc::new(|_person, _id| Box::pin(async { Ok(None) })),
        since: Arc::new(|_person, since| {
            let (epoch, seq) = (since.epoch.unwrap_or_default(), since.seq.unwrap_or_default());
            Box::pin(async move { Ok(News { items: Vec::new(), complete: false, epoch, seq, unread: 0, unseen: 0 }) })
        }),
        seen: Arc::new(|_person, _id| Box::pin(async { Ok(false) })),
    }
}
