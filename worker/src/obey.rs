//! Does what was decided: publishes until the broker has confirmed, then settles the message once.

use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use domain::{
    ChannelName, DeadMark, Headers, Key, Lane, Order, Reason, Row, State, Transition, child_body, child_id, failpoint,
    printable,
};
use store::{Adoption, Recorded, StoreError};
use topology::{Incoming, Insisted, Publication, To};
use uuid::Uuid;

use crate::Shared;
use crate::identify::Delivery;
use crate::meters::label;

/// A message in hand: it leaves by exactly one of these ways.
pub(crate) struct Held<'a> {
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

impl<'a> Held<'a> {
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

    /// Nothing follows from its row.
    pub(crate) async fn end(&self, row: &Row, incoming: Incoming) {
        self.ack(incoming, !row.state.is_over()).await;
    }

    /// Publishes what the row orders, then acknowledges.
    pub(crate) async fn obey(&self, row: &Row, order: &Order, incoming: Incoming) {
        let publication = match order {
            Order::Nothing => None,
            Order::GiveBack => {
                incoming.settle.requeue().await;
                return;
            }
            Order::Retry { tier } => Some(self.again(To::Retry(*tier), row, self.waiting(row, None), &incoming)),
            Order::Schedule { due } => {
                let headers = Headers { due: Some(*due), ..self.waiting(row, None) };
                Some(self.again(To::Scheduled, row, headers, &incoming))
            }
            Order::DeadLetter { reason, error } => {
                let headers = self.dead(row.epoch, row.attempt, *reason, error);
                Some(self.again(To::DeadLetter, row, Headers { parent: row.parent.clone(), ..headers }, &incoming))
            }
            Order::Fallback => self.child(row, &incoming),
        };
        let Some(publication) = publication else { return self.end(row, incoming).await };
        match self.shared.publisher.insist(publication, &self.shared.stopping).await {
            Insisted::Confirmed => {
                failpoint("worker.republished");
                if matches!(order, Order::DeadLetter { .. }) {
                    self.note_letter(row).await;
                }
                self.ack(incoming, true).await;
            }
            other => self.leave_unconfirmed(other, incoming).await,
        }
    }

    /// So that no copy makes a second letter. Tried once: the letter is safe, and that is what the acknowledgement
    /// waits for.
    async fn note_letter(&self, row: &Row) {
        if let Err(error) = self.shared.store.note_letter(&row.key, row.epoch).await {
            tracing::warn!(%error, delivery = %row.key, "could not note a dead letter: a copy may make another one");
        }
        failpoint("worker.letter_noted");
    }

    /// Puts a copy aside for the shortest delay, without spending an attempt.
    pub(crate) async fn park(&self, delivery: &Delivery, incoming: Incoming) {
        let headers = delivery.arrival.headers(self.lane, &incoming.headers);
        self.park_with(headers, delivery, incoming).await;
    }

    pub(crate) async fn park_with(&self, headers: Headers, delivery: &Delivery, incoming: Incoming) {
        self.count("parked");
        let publication = Publication {
            to: To::Retry(1),
            message_id: delivery.arrival.key.id.clone(),
            body: incoming.body.clone(),
            headers,
            carried: incoming.carried.clone(),
        };
        self.publish_and_ack(publication, incoming).await;
    }

    /// Gives a dead letter that somebody published by hand the epoch that it stands for, or a copy that lost its counts
    /// the epoch of its row.
    pub(crate) async fn reissue(&self, delivery: &Delivery, epoch: u32, incoming: Incoming) {
        self.count("reissued");
        let headers = Headers {
            epoch: Some(epoch),
            seq: Some(0),
            attempt: Some(0),
            ..delivery.arrival.headers(self.lane, &incoming.headers)
        };
        let publication = Publication {
            to: To::Lane(self.lane),
            message_id: delivery.arrival.key.id.clone(),
            body: incoming.body.clone(),
            headers,
            carried: incoming.carried.clone(),
        };
        self.publish_and_ack(publication, incoming).await;
    }

    pub(crate) async fn acknowledge(&self, incoming: Incoming) {
        self.count("ended");
        self.ack(incoming, false).await;
    }

    /// A copy of what goes on by its dead letter.
    pub(crate) async fn has_letter(&self, key: &Key, incoming: Incoming) {
        self.count("has_letter");
        tracing::info!(delivery = %key, "a copy of a delivery that is in the dead-letter queue was acknowledged: to \
            send it again move its letter, or publish it with the header notify-again");
        self.ack(incoming, true).await;
    }

    /// To the dead-letter queue without a row: what could not be named, or must not touch its row.
    pub(crate) async fn dead_letter(&self, reason: Reason, error: &str, incoming: Incoming) {
        metrics::counter!("chasqui_poison_total", "reason" => reason.as_str()).increment(1);
        let minted = || self.named.get().map_or_else(|| Uuid::now_v7().to_string(), |named| named.key.id.clone());
        let publication = incoming.dead_letter(reason, error, self.shared.clock.now(), minted);
        // The letter's own id, which nobody may have checked.
        let delivery = printable(&publication.message_id);
        tracing::warn!(%reason, %delivery, lane = %self.lane, error, "a message went to the dead-letter queue unclaimed");
        self.publish_and_ack(publication, incoming).await;
    }

    /// The ledger refuses this one delivery while it takes others.
    pub(crate) async fn internal_error(&self, trouble: &StoreError, incoming: Incoming) {
        if self.shared.stopping.is_cancelled() {
            return self.leave_unsettled(incoming).await;
        }
        self.dead_letter(Reason::InternalError, &self.trouble(trouble), incoming).await;
    }

    /// Derives the metrics and the log line from the transition.
    pub(crate) fn tell(&self, transition: &Transition, recorded: Recorded) {
        let row = &transition.row;
        if let Some(attempt) = &transition.attempt {
            metrics::counter!("chasqui_attempts_total", "channel" => label(&row.channel),
                "provider" => attempt.provider.clone(), "outcome" => attempt.outcome.as_str())
            .increment(1);
            tracing::info!(delivery = %row.key, channel = %row.channel, epoch = attempt.epoch, attempt = attempt.n,
                outcome = attempt.outcome.as_str(), code = attempt.code.as_deref(), detail = attempt.detail,
                state = %row.state, "an attempt failed");
        }
        if recorded == Recorded::Late {
            metrics::counter!("chasqui_late_answers_total", "channel" => label(&row.channel)).increment(1);
            tracing::warn!(delivery = %row.key, "an answer came after another claim had taken over");
            return;
        }
        if transition.alarm {
            let detail = transition.attempt.as_ref().map(|attempt| attempt.detail.as_str());
            tracing::error!(channel = %row.channel, provider = row.provider.as_deref(), code = row.code.as_deref(), detail,
                "not the recipient's fault: deliveries of this channel will fail until its settings, or what the provider \
                 has under them, are put right");
            metrics::counter!("chasqui_credentials_refused_total", "channel" => label(&row.channel)).increment(1);
        }
        if !matches!(row.state, State::Sending | State::Waiting) {
            self.shared.meters.ended(&row.channel, row.state).increment(1);
            self.tell_end(transition);
        }
    }

    /// Somebody must look at what is dead or held; of the others the ledger knows.
    fn tell_end(&self, transition: &Transition) {
        let row = &transition.row;
        let Order::DeadLetter { reason, error } = &transition.order else {
            tracing::debug!(delivery = %row.key, channel = %row.channel, state = %row.state, "a delivery ended");
            return;
        };
        // An id is the publisher's: its control characters must not reach a terminal.
        let (id, tenant) = (printable(&row.key.id), &row.key.tenant);
        tracing::warn!(delivery = format_args!("{tenant}/{id}"), channel = %row.channel, %reason, detail = error, "a delivery is dead");
    }

    pub(crate) fn count(&self, what: &'static str) {
        metrics::counter!("chasqui_copies_total", "lane" => self.lane.as_str(), "what" => what).increment(1);
    }

    fn again(&self, to: To, row: &Row, headers: Headers, incoming: &Incoming) -> Publication {
        Publication {
            to,
            message_id: row.key.id.clone(),
            body: incoming.body.clone(),
            headers: Headers { publisher: incoming.headers.publisher.clone(), ..headers },
            carried: incoming.carried.clone(),
        }
    }

    fn waiting(&self, row: &Row, dead: Option<DeadMark>) -> Headers {
        Headers {
            attempt: Some(row.attempt),
            epoch: Some(row.epoch),
            seq: Some(row.seq),
            lane: Some(self.lane),
            parent: row.parent.clone(),
            dead,
            ..Headers::default()
        }
    }

    /// Without `notify-attempt` and `notify-seq`: a move back starts from nothing.
    fn dead(&self, epoch: u32, attempts: u32, reason: Reason, error: &str) -> Headers {
        let at = self.shared.clock.now();
        Headers {
            epoch: Some(epoch),
            lane: Some(self.lane),
            dead: Some(DeadMark { reason: reason.as_str().into(), error: error.to_owned(), attempts, at }),
            ..Headers::default()
        }
    }

    fn child(&self, row: &Row, incoming: &Incoming) -> Option<Publication> {
        let body = child_body(&row.key, &incoming.body, row.expires_at)?;
        let headers = Headers { parent: Some(row.key.id.clone()), lane: Some(self.lane), ..Headers::default() };
        Some(Publication {
            to: To::Lane(self.lane),
            message_id: child_id(&row.key, 1),
            body: Bytes::from(body),
            headers,
            carried: incoming.carried.clone(),
        })
    }

    async fn publish_and_ack(&self, publication: Publication, incoming: Incoming) {
        match self.shared.publisher.insist(publication, &self.shared.stopping).await {
            Insisted::Confirmed => {
                failpoint("worker.republished");
                self.ack(incoming, true).await;
            }
            other => self.leave_unconfirmed(other, incoming).await,
        }
    }

    async fn leave_unconfirmed(&self, insisted: Insisted, incoming: Incoming) {
        match insisted {
            Insisted::Impossible => incoming.settle.reject().await,
            // The row repeats its order when the message comes again.
            Insisted::Interrupted | Insisted::Confirmed => self.leave_unsettled(incoming).await,
        }
    }

    /// However an anonymous copy ends, its row is no longer the one that a redelivery continues: the next
    /// message with the same body is a delivery of its own. `leaving`: it goes on by what was published.
    async fn ack(&self, incoming: Incoming, leaving: bool) {
        let adoption = self.named.get().and_then(|named| named.adoption.as_ref());
        if let Some(adoption) = adoption {
            // Kept any longer, its row would be kept from the copy that comes again.
            if !incoming.settle.is_current() {
                return self.leave_unsettled(incoming).await;
            }
            match self.shared.sql.insist(self.shared, || adoption.holds(leaving)).await {
                Ok(true) => {}
                Ok(false) => {
                    self.count("adopted_by_another");
                    return self.leave_unsettled(incoming).await;
                }
                Err(_) => return self.leave_unsettled(incoming).await,
            }
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

    async fn leave_unsettled(&self, incoming: Incoming) {
        incoming.settle.requeue().await;
    }
}

/// A message of a channel that hangs is put aside.
pub(crate) fn count_stalled(channel: &ChannelName) {
    metrics::counter!("chasqui_parked_total", "channel" => label(channel), "why" => "stalled").increment(1);
}
