//! Cancelling a notification: the chain of its fallbacks is followed to the one that can still be stopped.

use domain::{Defaults, Key, Notification, RecipientHasher, State, Timestamp, child_id, mask};
use store::{Cancel, Store, StoreError, Target};

use crate::deliveries::MAX_CHAIN;

/// What cancelling found. The id is that of the delivery at which it ended: the one that was asked for, or a fallback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cancellation {
    /// Nothing is sent from now on. `maybe_sent`: an attempt before the cancel may have gone out, and nobody can know.
    Stopped { id: String, maybe_sent: bool },
    /// Nothing of it was known when it was cancelled, now or before: what came of it since or comes is dropped, and
    /// leaves nothing that would say which.
    Awaited { id: String },
    /// It is being sent or has ended.
    TooLate { id: String, state: State },
}

/// Cancels this delivery, or the fallback that it was handed on to.
///
/// # Errors
/// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
pub async fn cancel(
    store: &Store,
    mut key: Key,
    defaults: &Defaults,
    recipients: &RecipientHasher,
    now: Timestamp,
) -> Result<Cancellation, StoreError> {
    for _ in 0..MAX_CHAIN {
        match store.cancel(&key, now, &|body| target_of(body?, defaults, recipients)).await? {
            Cancel::Cancelled { maybe_sent } => return Ok(Cancellation::Stopped { id: key.id, maybe_sent }),
            Cancel::Unknown => return Ok(Cancellation::Awaited { id: key.id }),
            Cancel::TooLate(State::FellBack) => key.id = child_id(&key, 1),
            Cancel::TooLate(state) => return Ok(Cancellation::TooLate { id: key.id, state }),
        }
    }
    Ok(Cancellation::TooLate { id: key.id, state: State::FellBack })
}

/// What a job's body says of its recipient, to be remembered when it is cancelled.
pub(crate) fn target_of(body: &[u8], defaults: &Defaults, recipients: &RecipientHasher) -> Option<Target> {
    let notification = Notification::decode(body, defaults).ok()?;
    Some(Target {
        recipient_hash: recipients.hash(&notification.destination),
        recipient_mask: mask(&notification.destination),
        channel: notification.channel,
    })
}
