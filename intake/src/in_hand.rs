//! Settles a message in hand: tells what has happened, publishes what follows from it until the broker has confirmed
//! that, then settles it once.

use std::sync::OnceLock;

use domain::{DecodeError, FollowUp, Notification, Reason, printable};
use store::{RowLease, StepError};
use topology::{ConfirmOutcome, Incoming, Publication};
use uuid::Uuid;

use crate::following::Following;
use crate::intake::Intake;
use crate::named::Named;
use crate::role::{DeadLettered, pass};
use crate::telling::Told;

/// A message in hand. Exactly one of the methods that take its [`Incoming`] settles it.
pub struct InHand<'a> {
    intake: &'a Intake,
    /// The identity of the message, once that is known.
    named: OnceLock<Named>,
}

/// What happens to the row of a message that is dead-lettered without the ledger's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItsRow {
    /// The row stays as it is: the message could not be named, or must not touch its row.
    Untouched,
    /// The row notes the letter, if the row has died in the epoch of this message.
    Notes,
}

impl<'a> InHand<'a> {
    pub fn new(intake: &'a Intake) -> Self {
        Self { intake, named: OnceLock::new() }
    }

    /// Names the delivery. Whatever is published for the message from now on carries this name.
    ///
    /// # Errors
    /// [`StepError`] with the ledger, if the ledger had to be asked.
    pub async fn identify(&self, notification: &Notification, incoming: &Incoming) -> Result<&Named, StepError> {
        let named = self.intake.identify(notification, incoming).await?;
        Ok(self.name(named))
    }

    /// Names the delivery of a message whose id is known. A message keeps its first name.
    pub fn name(&self, named: Named) -> &Named {
        self.named.get_or_init(|| named)
    }

    /// `None` until the message is named.
    fn named(&self) -> Option<&Named> {
        self.named.get()
    }

    /// Carries out what follows from the row of the message.
    pub async fn carry_out(&self, following: Following, incoming: Incoming) {
        let Some(incoming) = self.tell(following.told, incoming).await else { return };
        let publish = match following.then {
            FollowUp::Acknowledge { goes_on } => return self.acknowledge(goes_on, incoming).await,
            FollowUp::GiveBack => return incoming.settle.requeue().await,
            FollowUp::Publish(publish) => publish,
        };
        let letter_of = publish.letter_of();
        let publication = incoming.publication(|| self.id(&incoming), *publish);
        self.publish_and_acknowledge(publication, letter_of, incoming).await;
    }

    /// Tells what has happened, and acknowledges: for what nearly every message comes to.
    pub async fn tell_and_acknowledge(&self, told: Vec<Told>, goes_on: bool, incoming: Incoming) {
        if let Some(incoming) = self.tell(told, incoming).await {
            self.acknowledge(goes_on, incoming).await;
        }
    }

    /// Tells what has happened to the delivery of this message. None when the stop came first, and the message was given
    /// back.
    pub async fn tell(&self, told: Vec<Told>, incoming: Incoming) -> Option<Incoming> {
        if told.is_empty() {
            return Some(incoming);
        }
        if !self.intake.tell(told).await {
            incoming.settle.requeue().await;
            return None;
        }
        pass(self.intake.role.steps.told);
        Some(incoming)
    }

    /// Dead-letters a message whose body cannot be read, with its reason, on its first delivery.
    pub async fn refuse(&self, error: DecodeError, incoming: Incoming) {
        self.dead_letter(error.reason, &error.to_string(), ItsRow::Untouched, incoming).await;
    }

    /// Dead-letters a message for a reason that the ledger has not recorded.
    pub async fn dead_letter(&self, reason: Reason, error: &str, its_row: ItsRow, incoming: Incoming) {
        metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
        let letter = incoming.received().dead_letter(reason, error, self.intake.clock.now());
        let letter_of = letter.letter_of().filter(|_| its_row == ItsRow::Notes);
        let publication = incoming.publication(|| self.id(&incoming), letter);
        let delivery = printable(&publication.message_id);
        let own = incoming.inbound.as_ref().filter(|inbound| inbound.is_own());
        let (lane, request) = (incoming.lane, own.map(|inbound| inbound.target.as_str()));
        (self.intake.role.dead_lettered)(&DeadLettered { reason, delivery: &delivery, lane, request, error });
        self.publish_and_acknowledge(publication, letter_of, incoming).await;
    }

    /// The id that the message came with, else the one that it was named by. A message that could not be named gets a
    /// new id.
    fn id(&self, incoming: &Incoming) -> String {
        let named = || self.named().map(|named| named.key().id.clone());
        incoming.message_id.clone().or_else(named).unwrap_or_else(|| Uuid::now_v7().to_string())
    }

    /// Publishes what goes on in place of a message that is no delivery, and acknowledges that.
    pub async fn give_on(&self, publication: Publication, incoming: Incoming) {
        self.publish_and_acknowledge(publication, None, incoming).await;
    }

    /// Publishes, then acknowledges. `letter_of` is the epoch whose row notes the letter that is published.
    async fn publish_and_acknowledge(&self, publication: Publication, letter_of: Option<u32>, incoming: Incoming) {
        match self.intake.publisher.publish_until_confirmed(publication, &self.intake.stopping).await {
            ConfirmOutcome::Confirmed => {
                pass(self.intake.role.steps.republished);
                if let (Some(epoch), Some(named)) = (letter_of, self.named()) {
                    self.intake.note_letter(named.key(), epoch).await;
                    pass(self.intake.role.steps.letter_noted);
                }
                self.acknowledge(true, incoming).await;
            }
            // The row repeats its order when the message comes again.
            ConfirmOutcome::Interrupted => incoming.settle.requeue().await,
            ConfirmOutcome::Impossible => {
                tracing::error!(lane = %incoming.lane, "a message is left to the broker's dead-lettering");
                incoming.settle.reject().await;
            }
        }
    }

    /// Acknowledges the message. A message without an id gives up its row with that, so that the next message with the
    /// same body is a delivery of its own. `goes_on` says that the delivery goes on by what was published. A copy that
    /// took so long that an equal message continues its row is given back to the broker instead, and comes again as a
    /// delivery of its own.
    pub async fn acknowledge(&self, goes_on: bool, incoming: Incoming) {
        let lease = self.named().and_then(Named::lease);
        if let Some(lease) = lease
            && !self.still_holds(lease, goes_on, &incoming).await
        {
            return incoming.settle.requeue().await;
        }
        pass(self.intake.role.steps.before_ack);
        let Some(lease) = lease else { return incoming.settle.ack_in_passing() };
        let generation = incoming.settle.generation();
        if incoming.settle.ack().await {
            let hurry = self.intake.stopping.clone().cancelled_owned();
            lease.acknowledged(async move { generation.has_all().await }, hurry);
        }
    }

    async fn still_holds(&self, lease: &RowLease, goes_on: bool, incoming: &Incoming) -> bool {
        // The broker has taken the message back: a renewed lease would keep the row from the copy that comes again.
        if !incoming.settle.is_current() {
            return false;
        }
        match self.intake.breaker.retry_until_taken(|| lease.holds(goes_on)).await {
            Ok(true) => true,
            Ok(false) => {
                (self.intake.role.taken_over)(incoming.lane);
                false
            }
            Err(_) => false,
        }
    }
}
