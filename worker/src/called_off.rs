//! What is not sent any more although its message comes: commands that were told as undelivered, because what somebody was told
//! is not done is not done after all, whoever moves its dead letter back; and what was there in case nobody reads, once
//! somebody has read.

use domain::{COMMAND_IS_OVER, Failure, Key, Outcome, Reason, Row, child_id};
use store::{Cancel, StepError, Target};
use topology::Incoming;

use crate::delivery::Delivery;
use crate::shared::Shared;

/// The code by which an attempt tells it.
const CODE: &str = "command_ended";

/// The outcome in place of an attempt. None for whatever may be sent. The ledger is asked only for a command whose dead letter
/// somebody has moved.
///
/// # Errors
/// The ledger does not say how far the command is: nothing may be sent.
pub(crate) async fn refusal(shared: &Shared, row: &Row, delivery: &Delivery) -> Result<Option<Outcome>, StepError> {
    let notification = &delivery.notification;
    if row.epoch == 0 || notification.channel.as_str() != media::service::MEDIUM.name {
        return Ok(None);
    }
    let Some((command, _)) = media::service::command(&notification.wording.data) else { return Ok(None) };
    let Some(id) = command.get("command_id").and_then(serde_json::Value::as_str) else { return Ok(None) };
    let key = Key { tenant: row.key.tenant.clone(), id: id.to_owned() };
    let store = &shared.intake.store;
    // It is rare, and its future is large.
    let found = Box::pin(shared.intake.breaker.retry_until_taken(|| store.command(&key))).await?;
    let is_undelivered = found.is_some_and(|command| command.is_undelivered());
    Ok(is_undelivered.then(|| Outcome::Permanent {
        reason: Reason::Permanent,
        failure: Failure::new("worker", Some(CODE.to_owned()), COMMAND_IS_OVER),
    }))
}

/// Cancels a child before it is claimed, whose item was read meanwhile. Whoever reads calls the child off, but what is being
/// sent at that moment cannot be called off: if that fails, its next attempt ends here, and so does the channel behind it.
/// Whoever reads it after this look finds the child not claimed yet, or being sent.
///
/// # Errors
/// The ledger does not say whether it was read: nothing may be sent.
pub(crate) async fn stop_what_was_read(
    shared: &Shared,
    delivery: &Delivery,
    incoming: &Incoming,
) -> Result<(), StepError> {
    let Some(parent) = incoming.headers.parent.as_ref() else { return Ok(()) };
    let key = &delivery.arrival.key;
    let parent = Key { tenant: key.tenant.clone(), id: parent.clone() };
    // That of a member of a topic has a parent as well, and is the child of nobody.
    if key.id != child_id(&parent, 1) {
        return Ok(());
    }
    let (store, breaker) = (&shared.intake.store, &shared.intake.breaker);
    // It is rare, and its future is large.
    let is_answered = Box::pin(breaker.retry_until_taken(|| store.is_answered_by_a_reader(&parent))).await?;
    if !is_answered {
        return Ok(());
    }
    let target = |body: Option<&[u8]>| {
        Target::of(body.unwrap_or(&incoming.body[..]), &shared.intake.defaults, &shared.intake.hasher)
    };
    let cancel = || store.cancel(key, shared.intake.clock.now(), &target, None);
    let cancelled = Box::pin(breaker.retry_until_taken(cancel)).await?;
    if matches!(cancelled, Cancel::Cancelled { .. } | Cancel::Unknown) {
        metrics::counter!("chasqui_escalations_total", "what" => "called_off").increment(1);
    }
    Ok(())
}
