//! How a message of the scheduled queue leaves: by exactly one way.

use domain::{Arrival, Key, Reason};
use runtime::failpoint;
use store::{Adoption, Sight};
use topology::{Incoming, Insisted};
use uuid::Uuid;

use crate::Shared;
use crate::intake::insist;

/// Who a message is, once that is known: a dead letter of it carries its id.
pub(crate) struct Named {
    pub(crate) key: Key,
    /// Of a message that came without an id. However the message leaves, it ends with it.
    pub(crate) adoption: Option<Adoption>,
}

impl Named {
    /// It may be a message that has ended: nobody can know.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.adoption.as_ref().is_some_and(|adoption| adoption.sight() == Sight::Doubtful)
    }

    /// How this copy of it came.
    pub(crate) fn arrival(&self, incoming: &Incoming) -> Arrival {
        let arrival = incoming.arrival(self.key.clone());
        if self.adoption.is_some() { arrival.without_id() } else { arrival }
    }
}

pub(crate) enum Way {
    Acknowledge,
    /// The scheduler stops before it could store it.
    GiveBack,
    DeadLetter(Reason, String),
}

pub(crate) async fn leave(shared: &Shared, way: Way, named: Option<&Named>, incoming: Incoming) {
    match way {
        Way::Acknowledge => acknowledge(shared, named, incoming).await,
        Way::GiveBack => incoming.settle.requeue().await,
        Way::DeadLetter(reason, error) => dead_letter(shared, reason, &error, named, incoming).await,
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
        if !is_current || !insist(shared, || adoption.holds(true)).await.unwrap_or(false) {
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
