//! What follows from the end of an ask: what waits is called off, messages that were sent tell the end, and where they went is
//! forgotten. Done again it does nothing else.

use domain::{Ask, Key, State, ask_end_id};
use runtime::failpoint;
use serde_json::json;
use store::{AskCopy, StepError};

use super::calling_off::call_off;
use super::message::{self, delivery_of};
use super::progress::call_off_before;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::shared::Shared;

/// The request of ours to do so.
const TARGET: &str = "/asks/ended";
/// How often a message that is being sent is waited for, 5 seconds each: longer than an attempt takes.
const ROUNDS_OF_AN_ATTEMPT: u32 = 24;

/// Has somebody do what follows from the end of this ask.
///
/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn request_end(shared: &Shared, ask: &Key) -> Result<(), Disposition> {
    let body = json!({ "tenant": ask.tenant.as_str(), "ask": ask.id });
    outgoing::request(shared, ask_end_id(ask), TARGET, &body).await
}

/// The ask, if it has ended.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(crate) async fn ended(shared: &Shared, key: &Key) -> Result<Option<Ask>, StepError> {
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.ask(key)).await?;
    Ok(found.filter(|ask| ask.end.is_some()))
}

/// Does what follows from the end of an ask. `round` says how often this has waited. False where a message is being sent, so
/// that nobody knows what it is called: what could be done was, and this is to be done once more.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn end(shared: &Shared, ask: &Ask, round: u32) -> Result<bool, Disposition> {
    let intake = &shared.intake;
    let copies = intake.breaker.retry_until_taken(|| intake.store.ask_copies(&ask.key)).await?;
    call_off(shared, ask, &copies).await?;
    failpoint("dialog.called_off");
    let mut waits = false;
    for copy in copies.iter().filter(|copy| copy.destination.is_some()) {
        waits |= edit(shared, ask, copy, round).await?;
    }
    failpoint("dialog.edited");
    if waits && round < ROUNDS_OF_AN_ATTEMPT {
        return Ok(false);
    }
    intake.breaker.retry_until_taken(|| intake.store.forget_destinations(&ask.key)).await?;
    failpoint("dialog.destinations_forgotten");
    Ok(true)
}

/// Has a message that was sent tell the end. True where it is being sent, or an edit of it, so that this must wait.
async fn edit(shared: &Shared, ask: &Ask, copy: &AskCopy, round: u32) -> Result<bool, Disposition> {
    if !message::is_edited(copy) {
        return Ok(false);
    }
    let intake = &shared.intake;
    let delivery = delivery_of(ask, copy);
    let found = intake.breaker.retry_until_taken(|| intake.store.row(&delivery)).await?;
    let Some(row) = found else { return Ok(false) };
    if row.state == State::Sending {
        return Ok(true);
    }
    let Some(provider_id) = row.provider_id else { return Ok(false) };
    // At last the end is told all the same.
    if call_off_before(shared, ask, copy).await? && round < ROUNDS_OF_AN_ATTEMPT {
        return Ok(true);
    }
    if let Some((key, body)) = message::edit(ask, copy, &provider_id, &shared.settings.locale) {
        outgoing::deliver(shared, &key, &body).await?;
    }
    Ok(false)
}
