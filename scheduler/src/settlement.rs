//! Settles a message of the scheduled queue, by exactly one disposition.

use domain::Reason;
use runtime::failpoint;
use topology::{Incoming, Insisted};
use uuid::Uuid;

use crate::Shared;
use crate::identify::Named;
use crate::ledger::{Trouble, retry_until_taken};

pub(crate) enum Disposition {
    Acknowledge,
    /// The scheduler stops before it could store it.
    GiveBack,
    DeadLetter(Reason, String),
}

impl From<Trouble> for Disposition {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(detail) => Self::DeadLetter(Reason::InternalError, detail),
            Trouble::Panic => Self::DeadLetter(Reason::InternalError, "the scheduler panicked".into()),
            Trouble::Stopping => Self::GiveBack,
        }
    }
}

pub(crate) async fn settle(shared: &Shared, disposition: Disposition, named: Option<&Named>, incoming: Incoming) {
    match disposition {
        Disposition::Acknowledge => acknowledge(shared, named, incoming).await,
        Disposition::GiveBack => incoming.settle.requeue().await,
        Disposition::DeadLetter(reason, error) => dead_letter(shared, reason, &error, named, incoming).await,
    }
}

async fn dead_letter(shared: &Shared, reason: Reason, error: &str, named: Option<&Named>, incoming: Incoming) {
    metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
    let minted = || named.map_or_else(|| Uuid::now_v7().to_string(), |named| named.key.id.clone());
    let id = || incoming.message_id.clone().unwrap_or_else(minted);
    let letter = incoming.received().dead_letter(reason, error, shared.clock.now());
    let letter_of = letter.letter_of();
    let letter = incoming.publication(id, letter);
    let delivery = domain::printable(&letter.message_id);
    tracing::warn!(%reason, %delivery, error, "a message of the scheduled queue went to the dead-letter queue");
    match shared.publisher.insist(letter, &shared.stop).await {
        Insisted::Confirmed => {
            if let (Some(named), Some(epoch)) = (named, letter_of) {
                note_letter(shared, named, epoch).await;
            }
            acknowledge(shared, named, incoming).await;
        }
        Insisted::Interrupted => incoming.settle.requeue().await,
        Insisted::Impossible => incoming.settle.reject().await,
    }
}

/// Where its row died with it: so that no copy makes a second letter. Tried once: the letter is safe.
async fn note_letter(shared: &Shared, named: &Named, epoch: u32) {
    if let Err(error) = shared.store.note_letter(&named.key, epoch).await {
        tracing::warn!(%error, delivery = %named.key, "could not note a dead letter: a copy may make another one");
    }
}

/// One that took so long that an equal message continues its row comes again, as one of its own.
async fn acknowledge(shared: &Shared, named: Option<&Named>, incoming: Incoming) {
    let adoption = named.and_then(|named| named.adoption.as_ref());
    if let Some(adoption) = adoption {
        // Kept any longer, its row would be kept from the copy that comes again.
        let is_current = incoming.settle.is_current();
        if !is_current || !retry_until_taken(shared, || adoption.holds(true)).await.unwrap_or(false) {
            return incoming.settle.requeue().await;
        }
    }
    let adopted = adoption.map(|adoption| (adoption, incoming.settle.generation()));
    failpoint("scheduler.stored_before_ack");
    if incoming.settle.ack().await
        && let Some((adoption, generation)) = adopted
    {
        adoption.acknowledged(async move { generation.has_all().await }, shared.stop.clone().cancelled_owned());
    }
}
