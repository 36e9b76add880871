//! Calls off what an ask would still send: all of it at its end, and before that what is meant for whoever has answered.

use domain::{Answer, Ask, Key};
use store::{AskCopy, Cancel, StepError, Target};

use super::message::delivery_of;
use crate::shared::Shared;

/// Has nobody asked any more by the messages of these that were not sent yet.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(super) async fn call_off(shared: &Shared, ask: &Ask, copies: &[AskCopy]) -> Result<(), StepError> {
    for copy in copies.iter().filter(|copy| copy.rung == 0 && copy.destination.is_some()) {
        let has_others = copies.iter().any(|other| (other.place, other.step, other.rung) == (copy.place, copy.step, 1));
        call_off_one(shared, &delivery_of(ask, copy), has_others).await?;
    }
    Ok(())
}

/// Has nobody who has answered asked once more: by their next channel, or by a reminder.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(super) async fn call_off_for_the_answered(
    shared: &Shared,
    ask: &Ask,
    answers: &[Answer],
    copies: &[AskCopy],
) -> Result<(), StepError> {
    let has_answered = |copy: &AskCopy| {
        let approver = ask.approver(copy.place);
        answers.iter().any(|answer| Some(answer.given.approver.as_str()) == approver)
    };
    let theirs: Vec<AskCopy> = copies.iter().filter(|copy| has_answered(copy)).cloned().collect();
    // Most people are asked by one message, which they have.
    let is_asked_again = |copy: &AskCopy| theirs.iter().filter(|other| other.place == copy.place).count() > 1;
    let again: Vec<AskCopy> = theirs.iter().filter(|copy| is_asked_again(copy)).cloned().collect();
    call_off(shared, ask, &again).await
}

/// Stops a message that was not sent yet, and those that would come after it.
async fn call_off_one(shared: &Shared, delivery: &Key, has_others: bool) -> Result<(), StepError> {
    let intake = &shared.intake;
    let target = |body: Option<&[u8]>| Target::of(body?, &intake.defaults, &intake.hasher);
    let cancel = || intake.store.cancel(delivery, intake.clock.now(), &target, None);
    let cancelled = intake.breaker.retry_until_taken(cancel).await?;
    let is_stopped = matches!(cancelled, Cancel::Cancelled { .. } | Cancel::Unknown);
    if is_stopped || !has_others { Ok(()) } else { intake.call_off(delivery).await }
}
