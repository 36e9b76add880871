//! The parts with which one role handles its messages.

use std::sync::Arc;

use domain::{Clock, DecodeError, Defaults, FieldError, Key, Notification, RecipientHasher, UnknownField};
use store::Store;
use tokio_util::sync::CancellationToken;
use topology::{Incoming, Publisher};

use crate::breaker::LedgerBreaker;
use crate::role::Role;

/// How many warnings about the fields and headers of one message are stored.
const MAX_KEPT: usize = 16;

/// The parts of a role, each of which is running already.
pub struct Intake {
    pub role: Role,
    pub publisher: Publisher,
    pub store: Store,
    pub breaker: LedgerBreaker,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the role consumes no more.
    pub stopping: CancellationToken,
}

impl Intake {
    /// Reads the body. Headers that look like ours and could not be read are logged, whatever becomes of the message:
    /// an operator may have meant one of them to send the message again, while the copy is only acknowledged.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered, and is to be dead-lettered with this reason.
    pub fn decode(&self, incoming: &Incoming) -> Result<Notification, DecodeError> {
        let notification = incoming.decode(&self.defaults)?;
        if !incoming.misread.is_empty() {
            log_misread_headers(incoming, notification.id.as_deref());
        }
        Ok(notification)
    }

    /// Stores warnings about the fields and headers that were not read beside the delivery, and returns what was
    /// stored.
    pub fn keep_warnings(&self, key: &Key, unknown: &[UnknownField]) -> Vec<FieldError> {
        let warnings: Vec<FieldError> = unknown.iter().take(MAX_KEPT).map(UnknownField::warning).collect();
        self.store.warn(key, &warnings);
        warnings
    }
}

/// Logs the names of headers, never their values.
fn log_misread_headers(incoming: &Incoming, id: Option<&str>) {
    let id = incoming.message_id.as_deref().or(id).unwrap_or("without an id");
    let warnings: Vec<String> = incoming.misread.iter().map(|header| header.warning().to_string()).collect();
    tracing::warn!(delivery = %domain::printable(id), headers = warnings.join("; "),
        "a message has headers that look like ours and were not read");
}
