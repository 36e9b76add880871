//! What a gateway asks of people's inboxes.

use std::sync::Arc;

use gateway::{Inbox, Later, News, Person, Since};
use serde_json::value::RawValue;
use store::Store;

/// Why a client is told nothing of its inbox.
const NO_INBOX: &str = "there are no inboxes yet";

/// The inboxes of this ledger.
pub(crate) fn inbox(_store: &Store) -> Inbox {
    Inbox {
        item: Arc::new(|_: Person, _: String| -> Later<Option<Box<RawValue>>> { Box::pin(async { Ok(None) }) }),
        since: Arc::new(|_: Person, _: Since| -> Later<News> { Box::pin(async { Err(NO_INBOX.to_owned()) }) }),
        seen: Arc::new(|_: Person, _: String| -> Later<bool> { Box::pin(async { Err(NO_INBOX.to_owned()) }) }),
    }
}
