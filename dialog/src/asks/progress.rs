//! Has the messages of an ask tell how many have chosen the same so far, while they keep their buttons, and nobody asked once
//! more who has answered.
//!
//! What comes late overwrites nothing. An edit has the version of its ask in its id, and whoever publishes one of a later
//! version, or that of the end, calls off the earlier ones first: one that no worker has seen yet is stopped when it comes, one
//! that waits is tried no more, and one that is being sent is waited for.

use domain::{Answer, Ask, Key, Purpose, State, ask_progress_id};
use serde_json::json;
use store::{AskCopy, AskFound, Cancel, StepError, Target};

use super::calling_off::call_off_for_the_answered;
use super::message;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::shared::Shared;

/// The request of ours to do so.
const TARGET: &str = "/asks/progress";
/// How often a message that is being sent is waited for, 5 seconds each: longer than an attempt takes.
const ROUNDS_OF_AN_ATTEMPT: u32 = 24;
/// The version that the first answer makes, and the last of which is told: each is called off by all behind it.
const FIRST: u32 = 2;
const LAST: u32 = 20;

/// Has somebody do so as of this version of the ask. Nothing for one that its first answer ends, or that has ended.
///
/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn request_progress(shared: &Shared, ask: &Ask) -> Result<(), Disposition> {
    if ask.quorum < 2 || ask.end.is_some() || ask.version < FIRST {
        return Ok(());
    }
    let body = json!({ "tenant": ask.key.tenant.as_str(), "ask": ask.key.id, "version": ask.version });
    outgoing::request(shared, ask_progress_id(&ask.key, ask.version), TARGET, &body).await
}

/// Does so, unless another version has taken the place of this one. `round` says how often this has waited. False where a
/// message is being sent: what could be done was, and this is to be done once more.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn progress(shared: &Shared, key: &Key, version: u32, round: u32) -> Result<bool, Disposition> {
    let intake = &shared.intake;
    let handle = Purpose::Answer.handle(key);
    let found = intake.breaker.retry_until_taken(|| intake.store.ask_of_ticket(handle)).await?;
    let is_current = |found: &AskFound| found.ask.end.is_none() && found.ask.version == version;
    let Some(AskFound { ask, answers, copies }) = found.filter(is_current) else { return Ok(true) };
    // An answer may have come in between.
    let answers: Vec<Answer> = answers.into_iter().filter(|answer| answer.version <= version).collect();
    call_off_for_the_answered(shared, &ask, &answers, &copies).await?;
    if version > LAST {
        return Ok(true);
    }
    let counted = ask.so_far(&answers);
    let mut waits = false;
    for copy in copies.iter().filter(|copy| copy.destination.is_some() && message::is_edited(copy)) {
        waits |= tell(shared, &ask, copy, counted).await?;
    }
    Ok(!waits || round >= ROUNDS_OF_AN_ATTEMPT)
}

/// Has a message that was sent tell it. True where it is being sent, or an earlier edit of it.
async fn tell(shared: &Shared, ask: &Ask, copy: &AskCopy, counted: u32) -> Result<bool, Disposition> {
    let (intake, delivery) = (&shared.intake, message::delivery_of(ask, copy));
    let found = intake.breaker.retry_until_taken(|| intake.store.row(&delivery)).await?;
    let Some(row) = found else { return Ok(false) };
    if row.state == State::Sending {
        return Ok(true);
    }
    let Some(provider_id) = row.provider_id else { return Ok(false) };
    if call_off_before(shared, ask, copy).await? {
        return Ok(true);
    }
    let (secrets, locale) = (&shared.secrets, &shared.settings.locale);
    if let Some((key, body)) = message::progress(ask, copy, &provider_id, counted, secrets, locale) {
        outgoing::deliver(shared, &key, &body).await?;
    }
    Ok(false)
}

/// Calls off the edits of a message that tell of earlier versions of its ask. True where one of them is being sent.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(super) async fn call_off_before(shared: &Shared, ask: &Ask, copy: &AskCopy) -> Result<bool, StepError> {
    let (intake, delivery) = (&shared.intake, message::delivery_of(ask, copy));
    let target = |body: Option<&[u8]>| Target::of(body?, &intake.defaults, &intake.hasher);
    let until = if ask.quorum < 2 { FIRST } else { ask.version.min(LAST + 1) };
    let mut is_sending = false;
    for version in FIRST..until {
        let key = Key { tenant: delivery.tenant.clone(), id: ask_progress_id(&delivery, version) };
        let cancel = || intake.store.cancel(&key, intake.clock.now(), &target, None);
        let cancelled = intake.breaker.retry_until_taken(cancel).await?;
        is_sending |= matches!(cancelled, Cancel::TooLate { state: State::Sending, .. });
    }
    Ok(is_sending)
}
