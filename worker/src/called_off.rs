//! Commands that were told as undelivered: what somebody was told is not done is not done after all, whoever moves its dead
//! letter back.

use domain::{COMMAND_IS_OVER, Failure, Key, Outcome, Reason, Row};
use store::StepError;

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
