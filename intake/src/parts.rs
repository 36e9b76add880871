//! What the messages of one role are handled with.

use std::sync::Arc;

use domain::{Clock, DecodeError, Defaults, FieldError, Key, Notification, RecipientHasher, UnknownField};
use store::Store;
use tokio_util::sync::CancellationToken;
use topology::{Incoming, Publisher};

use crate::breaker::LedgerBreaker;
use crate::role::Role;

/// Fields and headers of one message that are kept.
const MAX_KEPT: usize = 16;

/// The parts, each of which is running already.
pub struct Intake {
    pub role: Role,
    pub publisher: Publisher,
    pub store: Store,
    pub breaker: LedgerBreaker,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the role takes no more work.
    pub stopping: CancellationToken,
}

impl Intake {
    /// Reads the body. Headers that look like ours and were not read are logged, whatever becomes of the message: a
    /// copy that was to be sent again by one of them is only acknowledged.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered as it is, and is a dead letter with this reason.
    pub fn decode(&self, incoming: &Incoming) -> Result<Notification, DecodeError> {
        let notification = incoming.decode(&self.defaults)?;
        if !incoming.misread.is_empty() {
            tell_of_headers(incoming, notification.id.as_deref());
        }
        Ok(notification)
    }

    /// Keeps beside the delivery what is said of the fields and headers that were not read, and gives what it has kept.
    pub fn keep_warnings(&self, key: &Key, unknown: &[UnknownField]) -> Vec<FieldError> {
        let warnings: Vec<FieldError> = unknown.iter().take(MAX_KEPT).map(UnknownField::warning).collect();
        self.store.warn(key, &warnings);
        warnings
    }
}

/// Names, never values.
fn tell_of_headers(incoming: &Incoming, id: Option<&str>) {
    let id = incoming.message_id.as_deref().or(id).unwrap_or("without an id");
    let told: Vec<String> = incoming.misread.iter().map(|header| header.warning().to_string()).collect();
    tracing::warn!(delivery = %domain::printable(id), headers = told.join("; "),
        "a message has headers that look like ours and were not read");
}
