//! What the messages of one role are handled with.

use std::sync::Arc;

use domain::{Clock, DecodeError, Defaults, Notification, RecipientHasher};
use store::Store;
use tokio_util::sync::CancellationToken;
use topology::{Incoming, Publisher};

use crate::breaker::LedgerBreaker;
use crate::role::Role;

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
    /// Reads the body.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered as it is, and is a dead letter with this reason.
    pub fn decode(&self, incoming: &Incoming) -> Result<Notification, DecodeError> {
        incoming.decode(&self.defaults)
    }
}
