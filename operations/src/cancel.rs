//! Cancels a notification: follows the chain of its fallbacks to the one that can still be stopped.

use domain::{Actor, Defaults, Entry, Key, RecipientHasher, Scope, State, Timestamp, child_id};
use store::{Cancel, Store, StoreError, Target};

use crate::allowed::{NotDone, must};
use crate::deliveries::MAX_CHAIN;

/// What cancelling found. The id is that of the delivery at which the search ended: the one that was asked for, or a
/// fallback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cancellation {
    /// Nothing is sent from now on. `maybe_sent` says that an attempt before the cancel may have gone out, and that
    /// nobody can know.
    Stopped { id: String, maybe_sent: bool },
    /// Nothing was known of the delivery when it was cancelled, now or before. Its message is dropped when it comes, or
    /// was dropped when it came: the ledger keeps nothing that would tell which.
    Awaited { id: String },
    /// The delivery is being sent or has ended. `maybe_sent` says that an attempt before may have gone out, and that nobody
    /// can know.
    TooLate { id: String, state: State, maybe_sent: bool },
}

/// Cancels a delivery of the actor's tenant, or the fallback that the delivery was handed on to, or the one that waits in
/// case nobody reports.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn cancel(
    store: &Store,
    actor: &Actor,
    id: String,
    defaults: &Defaults,
    recipients: &RecipientHasher,
    now: Timestamp,
) -> Result<Cancellation, NotDone> {
    must(store, actor, &[Scope::Operate, Scope::Notify], "cancel", now).await?;
    let mut key = Key { tenant: actor.tenant.clone(), id };
    for _ in 0..MAX_CHAIN {
        let told = Entry::of(actor, "delivery.cancelled", key.id.clone(), now);
        match store.cancel(&key, now, &|body| Target::of(body?, defaults, recipients), Some(&told)).await? {
            Cancel::Cancelled { maybe_sent } => return Ok(Cancellation::Stopped { id: key.id, maybe_sent }),
            Cancel::Unknown => return Ok(Cancellation::Awaited { id: key.id }),
            Cancel::TooLate { state: State::FellBack, .. } | Cancel::Escalates(_) => key.id = child_id(&key, 1),
            Cancel::TooLate { state, maybe_sent } => {
                return Ok(Cancellation::TooLate { id: key.id, state, maybe_sent });
            }
        }
    }
    Ok(Cancellation::TooLate { id: key.id, state: State::FellBack, maybe_sent: false })
}

/// Cancels a delivery that waits in case somebody does not answer, or whichever of its own fallbacks can still be stopped. What
/// it is part of is told elsewhere. True where one of them is being sent: that attempt cannot be called off, and what comes
/// after it was not.
///
/// # Errors
/// [`StoreError`]; repeating it is harmless.
pub(crate) async fn call_off(
    store: &Store,
    mut key: Key,
    defaults: &Defaults,
    recipients: &RecipientHasher,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let target = |body: Option<&[u8]>| Target::of(body?, defaults, recipients);
    for _ in 0..MAX_CHAIN {
        match store.cancel(&key, now, &target, None).await? {
            Cancel::TooLate { state: State::FellBack, .. } | Cancel::Escalates(_) => key.id = child_id(&key, 1),
            Cancel::TooLate { state: State::Sending, .. } => return Ok(true),
            Cancel::Cancelled { .. } | Cancel::Unknown | Cancel::TooLate { .. } => break,
        }
    }
    Ok(false)
}
