//! Carries out what follows for a message in hand: publishes until the broker has confirmed, then settles it once.

use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{FollowUp, Key, Lane, Publish, Reason, printable};
use runtime::failpoint;
use store::{Adoption, StoreError};
use topology::{Incoming, Insisted, Publication};
use uuid::Uuid;

use crate::Shared;
use crate::identify::Delivery;
use crate::report;

/// A message in hand: it leaves by exactly one of the ways that take it as an [`Incoming`].
pub(crate) struct InHand<'a> {
    shared: &'a Shared,
    lane: Lane,
    /// Whose copy it is, once that is known: whatever is published of this message carries its id.
    named: OnceLock<Named>,
    gone_out: AtomicBool,
}

struct Named {
    key: Key,
    /// Of a message that came without an id. However the message leaves, it ends with it.
    adoption: Option<Adoption>,
}

impl<'a> InHand<'a> {
    pub(crate) fn new(shared: &'a Shared, incoming: &Incoming) -> Self {
        Self { shared, lane: incoming.lane, named: OnceLock::new(), gone_out: AtomicBool::new(false) }
    }

    pub(crate) fn name(&self, key: &Key, adoption: Option<Adoption>) {
        let _ = self.named.set(Named { key: key.clone(), adoption });
    }

    /// Whether the provider has it, or may have it, while the row does not say so yet.
    pub(crate) fn may_have_gone_out(&self, may: bool) {
        self.gone_out.store(may, Ordering::Relaxed);
    }

    /// What an operator must know of a delivery that failed by our own fault.
    pub(crate) fn trouble(&self, what: impl Display) -> String {
        match self.gone_out.load(Ordering::Relaxed) {
            true => format!("it may have been sent, look with the provider before you move it back: {what}"),
            false => what.to_string(),
        }
    }

    /// Puts a copy that has met its row aside for the shortest delay, without spending an attempt.
    pub(crate) fn park(&self, delivery: &Delivery, incoming: &Incoming) -> FollowUp {
        self.parked(incoming.received().park(&delivery.arrival))
    }

    pub(crate) fn parked(&self, publish: Publish) -> FollowUp {
        self.count("parked");
        FollowUp::Publish(Box::new(publish))
    }

    pub(crate) fn reissue(&self, delivery: &Delivery, epoch: u32, incoming: &Incoming) -> FollowUp {
        self.count("reissued");
        FollowUp::Publish(Box::new(incoming.received().reissue(&delivery.arrival, epoch)))
    }

    /// A copy of a delivery that has ended.
    pub(crate) fn ended(&self) -> FollowUp {
        self.count("ended");
        FollowUp::Acknowledge { leaving: false }
    }

    /// A copy of a delivery that goes on by its dead letter.
    pub(crate) fn has_letter(&self, key: &Key) -> FollowUp {
        self.count("has_letter");
        tracing::info!(delivery = %key, "a copy of a delivery that is in the dead-letter queue was acknowledged: to \
            send it again move its letter, or publish it with the header notify-again");
        FollowUp::Acknowledge { leaving: true }
    }

    /// The broker has taken the message back with its connection, and delivers it again.
    pub(crate) fn taken_back(&self) {
        self.count("taken_back");
    }

    pub(crate) async fn carry_out(&self, follow_up: FollowUp, incoming: Incoming) {
        let publish = match follow_up {
            FollowUp::Acknowledge { leaving } => return self.acknowledge(leaving, incoming).await,
            FollowUp::GiveBack => return incoming.settle.requeue().await,
            FollowUp::Publish(publish) => publish,
        };
        let letter_of = publish.letter_of();
        let publication = incoming.publication(|| self.id(&incoming), *publish);
        self.publish_and_acknowledge(publication, letter_of, incoming).await;
    }

    /// To the dead-letter queue without a row: what could not be named, or must not touch its row.
    pub(crate) async fn dead_letter(&self, reason: Reason, error: &str, incoming: Incoming) {
        metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
        let letter = incoming.received().dead_letter(reason, error, self.shared.clock.now());
        let publication = incoming.publication(|| self.id(&incoming), letter);
        // The letter's own id, which nobody may have checked.
        let delivery = printable(&publication.message_id);
        tracing::warn!(%reason, %delivery, lane = %self.lane, error, "a message went to the dead-letter queue unclaimed");
        self.publish_and_acknowledge(publication, None, incoming).await;
    }

    /// The ledger refuses this one delivery while it takes others.
    pub(crate) async fn internal_error(&self, trouble: &StoreError, incoming: Incoming) {
        if self.shared.stopping.is_cancelled() {
            return incoming.settle.requeue().await;
        }
        self.dead_letter(Reason::InternalError, &self.trouble(trouble), incoming).await;
    }

    pub(crate) fn count(&self, what: &'static str) {
        report::copy(self.lane, what);
    }

    /// The one that it came with, else the one that it was named by; a message that could not be named gets its own.
    fn id(&self, incoming: &Incoming) -> String {
        let named = || self.named.get().map(|named| named.key.id.clone());
        incoming.message_id.clone().or_else(named).unwrap_or_else(|| Uuid::now_v7().to_string())
    }

    /// `letter_of` is the epoch whose row notes the letter that is published.
    async fn publish_and_acknowledge(&self, publication: Publication, letter_of: Option<u32>, incoming: Incoming) {
        match self.shared.publisher.insist(publication, &self.shared.stopping).await {
            Insisted::Confirmed => {
                failpoint("worker.republished");
                if let Some(epoch) = letter_of {
                    self.note_letter(epoch).await;
                }
                self.acknowledge(true, incoming).await;
            }
            // The row repeats its order when the message comes again.
            Insisted::Interrupted => incoming.settle.requeue().await,
            Insisted::Impossible => incoming.settle.reject().await,
        }
    }

    /// So that no copy makes a second letter. Tried once: the letter is safe, and that is what the acknowledgement
    /// waits for.
    async fn note_letter(&self, epoch: u32) {
        if let Some(Named { key, .. }) = self.named.get()
            && let Err(error) = self.shared.store.note_letter(key, epoch).await
        {
            tracing::warn!(%error, delivery = %key, "could not note a dead letter: a copy may make another one");
        }
        failpoint("worker.letter_noted");
    }

    /// However an anonymous copy ends, its row is no longer the one that a redelivery continues: the next
    /// message with the same body is a delivery of its own. `leaving`: it goes on by what was published.
    pub(crate) async fn acknowledge(&self, leaving: bool, incoming: Incoming) {
        let adoption = self.named.get().and_then(|named| named.adoption.as_ref());
        if let Some(adoption) = adoption
            && !self.still_holds(adoption, leaving, &incoming).await
        {
            return incoming.settle.requeue().await;
        }
        failpoint("worker.before_ack");
        let Some(adoption) = adoption else { return incoming.settle.ack_in_passing() };
        let generation = incoming.settle.generation();
        if incoming.settle.ack().await {
            adoption.acknowledged(
                async move { generation.has_all().await },
                self.shared.stopping.clone().cancelled_owned(),
            );
        }
    }

    async fn still_holds(&self, adoption: &Adoption, leaving: bool, incoming: &Incoming) -> bool {
        // Kept any longer, its row would be kept from the copy that comes again.
        if !incoming.settle.is_current() {
            return false;
        }
        match self.shared.breaker.retry_until_taken(|| adoption.holds(leaving)).await {
            Ok(true) => true,
            Ok(false) => {
                self.count("adopted_by_another");
                false
            }
            Err(_) => false,
        }
    }
}
