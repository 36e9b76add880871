//! Who gets a copy of a mail: nobody who is on the suppression list.

use domain::{FieldError, Listed, Row, SuppressedFor, mask};
use media::email::{CopyTo, without};
use serde_json::{Map, Value};
use store::StepError;

use crate::delivery::Delivery;
use crate::shared::Shared;

/// What goes with the mail of this attempt, without the copies to whom nothing is sent, each of which is kept as a warning
/// of the delivery. None where nobody is left out. Only for a mail with copies the ledger is asked.
///
/// # Errors
/// The ledger does not say who is on the list: nothing may be sent.
pub(crate) async fn left_in(
    shared: &Shared,
    row: &Row,
    delivery: &Delivery,
) -> Result<Option<Map<String, Value>>, StepError> {
    let notification = &delivery.notification;
    let copies = media::copies_of(&notification.channel, &notification.destination, &notification.wording.mail);
    if copies.is_empty() {
        return Ok(None);
    }
    // It is rare, and its future is large.
    Box::pin(look_up(shared, row, delivery, &copies)).await
}

async fn look_up(
    shared: &Shared,
    row: &Row,
    delivery: &Delivery,
    copies: &[CopyTo<'_>],
) -> Result<Option<Map<String, Value>>, StepError> {
    let listed: Vec<Listed> = copies.iter().map(|copy| delivery.listed_as(shared, copy.address)).collect();
    let store = &shared.intake.store;
    let find = || store.suppressed_for(&row.key.tenant, &row.channel, &listed);
    let found = shared.intake.breaker.retry_until_taken(find).await?;
    let found = copies.iter().zip(found).filter_map(|(copy, reason)| Some((copy, reason?)));
    let left_out: Vec<(&CopyTo<'_>, SuppressedFor)> = found.collect();
    if left_out.is_empty() {
        return Ok(None);
    }
    let warnings: Vec<FieldError> = left_out.iter().map(|(copy, reason)| warning(copy, *reason)).collect();
    tracing::info!(delivery = %row.key, left_out = warnings.len(),
        "who is on the suppression list gets no copy of a mail (GET /deliveries/{{id}} says who)");
    store.warn(&row.key, &warnings);
    let left_out: Vec<&CopyTo<'_>> = left_out.into_iter().map(|(copy, _)| copy).collect();
    Ok(Some(without(&delivery.notification.wording.mail, &left_out)))
}

fn warning(copy: &CopyTo<'_>, reason: SuppressedFor) -> FieldError {
    let detail = format!("was left out of an attempt: {} is on the suppression list ({reason})", mask(copy.address));
    FieldError { pointer: copy.pointer(), detail }
}
