//! Tells the members of a topic: publishes a delivery for each, page by page, and notes after each page how far it is. After a
//! kill one page at most is published twice, and each member's delivery has the same id both times.

use std::sync::Arc;

use domain::{FieldError, INAPP, InboxAddress, Key, Members, Notification, Reason, Timestamp, is_inbox_name};
use futures_util::future::join_all;
use intake::{InHand, TooOften};
use runtime::failpoint;
use store::StepError;
use tokio::sync::mpsc;
use topology::{ConfirmOutcome, Incoming};

use crate::settlement::{Disposition, settle};
use crate::shared::Shared;

/// How many members are told at once: what is published together shares its confirms.
const PAGE: usize = 500;

/// Handles the messages of the queue until its stream ends, which it does when the consumers drain.
pub(crate) async fn tell_members(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = source.recv().await {
        shared.jobs.spawn(tell_those_of_one(Arc::clone(&shared), incoming));
    }
}

async fn tell_those_of_one(shared: Arc<Shared>, incoming: Incoming) {
    let in_hand = InHand::new(&shared.intake);
    let disposition = pipeline(&shared, &incoming).await;
    settle(disposition, &in_hand, incoming).await;
}

/// Tells every member, and says how the message is settled.
async fn pipeline(shared: &Shared, incoming: &Incoming) -> Disposition {
    if TooOften::of(incoming).is_some() {
        let times = incoming.delivery_count + 1;
        let error = format!("delivered {times} times before every member of its topic was told");
        return Disposition::dead_letter(Reason::RedeliveredTooOften, error);
    }
    let notification = match shared.intake.decode(incoming) {
        Ok(notification) => notification,
        Err(error) => return Disposition::dead_letter(error.reason, error.to_string()),
    };
    let Some(key) = incoming.given_key(&notification) else {
        return Disposition::dead_letter(Reason::DecodeError, "/id is missing: workers publish here, and nobody else");
    };
    let address = InboxAddress::parse(&notification.destination);
    let Some(InboxAddress::Topic(topic)) = address.filter(|_| notification.channel.as_str() == INAPP) else {
        return Disposition::dead_letter(Reason::Permanent, "/destination names no topic");
    };
    match tell(shared, incoming, &notification, &key, topic).await {
        Ok(disposition) => disposition,
        Err(trouble) => trouble.into(),
    }
}

/// # Errors
/// The ledger does not take how far it is.
async fn tell(
    shared: &Shared,
    incoming: &Incoming,
    notification: &Notification,
    key: &Key,
    topic: &str,
) -> Result<Disposition, StepError> {
    let (store, breaker, clock) = (&shared.intake.store, &shared.intake.breaker, &shared.intake.clock);
    let begun = breaker.retry_until_taken(|| store.begin_fan_out(key, clock.now())).await?;
    if begun.ended_at.is_some() {
        return Ok(Disposition::Acknowledge);
    }
    let expires_at = expires_at(shared, incoming, notification, key).await?;
    let Some(mut members) = Members::of(key, &incoming.body, expires_at) else {
        return Ok(Disposition::dead_letter(Reason::DecodeError, "must be a JSON object"));
    };
    let (mut after, mut is_nobody) = (begun.member, begun.told == 0);
    let why_not_all = loop {
        if expires_at.is_some_and(|expires| expires <= clock.now()) {
            break Some("may not have been told to every member: it has expired");
        }
        // The next scheduler goes on with the next page.
        if shared.intake.stopping.is_cancelled() {
            return Ok(Disposition::GiveBack);
        }
        let next = || store.everybody_of_a_topic(&key.tenant, topic, &after, PAGE);
        let page = breaker.retry_until_taken(next).await?;
        let Some(last) = page.last().cloned() else {
            break is_nobody.then_some("has no members: nobody was told");
        };
        // A contact may have an id that no user has.
        let users = page.iter().filter(|user| is_inbox_name(user));
        let publications: Vec<_> =
            users.map(|user| incoming.publication_to_member(key, members.delivery(user))).collect();
        let told = publications.len();
        let publish = |one| async move {
            let confirmed = shared.intake.publisher.publish_until_confirmed(one, &shared.intake.stopping).await;
            failpoint("scheduler.member_told");
            confirmed
        };
        let confirmed = join_all(publications.into_iter().map(publish)).await;
        if confirmed.contains(&ConfirmOutcome::Impossible) {
            return Ok(Disposition::dead_letter(Reason::Permanent, "a member cannot be told: it is too large"));
        }
        if confirmed.contains(&ConfirmOutcome::Interrupted) {
            return Ok(Disposition::GiveBack);
        }
        failpoint("scheduler.page_told");
        breaker.retry_until_taken(|| store.note_fan_out(key, &last, told)).await?;
        failpoint("scheduler.page_noted");
        metrics::counter!("chasqui_fan_out_members_total").increment(told as u64);
        is_nobody &= told == 0;
        after = last;
    };
    if let Some(why) = why_not_all {
        tracing::warn!(delivery = %key, "a topic {why}");
        store.warn(key, &[FieldError { pointer: "/destination".into(), detail: why.into() }]);
    }
    breaker.retry_until_taken(|| store.end_fan_out(key, clock.now())).await?;
    failpoint("scheduler.fan_out_ended");
    Ok(Disposition::Acknowledge)
}

/// When the delivery to the topic expires, as its row has it: a time that was given in seconds counts from when the fleet saw
/// it first.
async fn expires_at(
    shared: &Shared,
    incoming: &Incoming,
    notification: &Notification,
    key: &Key,
) -> Result<Option<Timestamp>, StepError> {
    let found = shared.intake.breaker.retry_until_taken(|| shared.intake.store.delivery(key)).await?;
    Ok(match found {
        Some(found) => found.row.expires_at,
        None => notification.expires_at(incoming.timestamp.unwrap_or_else(|| shared.intake.clock.now())),
    })
}

#[cfg(test)]
mod tests;
