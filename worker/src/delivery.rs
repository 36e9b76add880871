//! One copy of a delivery on its way down the pipeline.

use std::sync::Arc;

use domain::{Arrival, Content, CopyInHand, FirstSight, Intent, Lane, Listed, Notification, Pauses, Row, Timestamp};
use intake::Named;
use runtime::traces::Span;
use topology::Incoming;
use uuid::Uuid;

use crate::health::Wants;
use crate::shared::Shared;

pub(crate) struct Delivery {
    pub(crate) notification: Arc<Notification>,
    pub(crate) arrival: Arrival,
    /// Set for a message that came without any id.
    pub(crate) fingerprint: Option<Content>,
    /// The message may be one that was sent already; nobody can know.
    is_suspected: bool,
    /// The message came with the counts of the fleet.
    pub(crate) has_counts: bool,
    pub(crate) lane: Lane,
    /// A place among what the limits of its provider allow is taken for it already.
    pub(crate) is_reserved: bool,
    /// The AMQP `timestamp`, in whole seconds.
    pub(crate) published_at: Option<Timestamp>,
    /// The token of the claim.
    token: Uuid,
    /// The span of this copy.
    pub(crate) span: Span,
}

impl Delivery {
    pub(crate) fn new(named: &Named, notification: Arc<Notification>, incoming: &Incoming) -> Self {
        Self {
            notification,
            arrival: named.arrival(incoming),
            fingerprint: named.fingerprint(),
            is_suspected: named.is_suspected(),
            has_counts: incoming.headers.has_counts(),
            lane: incoming.lane,
            is_reserved: false,
            published_at: incoming.timestamp,
            token: named.token(),
            span: Span::default(),
        }
    }

    /// The same, which this span shows.
    pub(crate) fn shown_by(self, span: &Span) -> Self {
        Self { span: span.clone(), ..self }
    }

    /// The copy, with everything that decides what follows from its claim.
    pub(crate) fn in_hand<'a>(&'a self, incoming: &'a Incoming, intent: Intent) -> CopyInHand<'a> {
        CopyInHand {
            received: incoming.received(),
            arrival: &self.arrival,
            intent,
            is_suspected: self.is_suspected,
            is_current: incoming.settle.is_current(),
            send_at: self.notification.send_at,
        }
    }

    /// What it wants of whoever carries it, while this is paused.
    pub(crate) fn wants<'a>(&'a self, paused: Option<&'a Pauses>) -> Wants<'a> {
        let paused = paused.map(|all| (all, &self.notification.tenant));
        Wants { lane: self.lane, is_reserved: self.is_reserved, paused }
    }

    /// Under which names the recipient may be on the suppression list.
    pub(crate) fn listed(&self, shared: &Shared) -> Listed {
        self.listed_as(shared, &self.notification.destination)
    }

    /// Under which names somebody else to whom the same is sent may be on the suppression list.
    pub(crate) fn listed_as(&self, shared: &Shared, destination: &str) -> Listed {
        let compared = media::compared(&self.notification.channel, destination);
        let list = media::list_of(&self.notification.channel, &self.notification.wording.mail);
        Listed::of(&shared.intake.hasher, &compared, self.lane, list.is_some())
    }

    /// The row that this copy inserts when the ledger does not know the delivery.
    pub(crate) fn candidate(&self, shared: &Shared, incoming: &Incoming) -> Row {
        FirstSight {
            arrival: &self.arrival,
            notification: &self.notification,
            fingerprint: self.fingerprint,
            parent: incoming.headers.parent.clone(),
            published_at: self.published_at,
            hasher: &shared.intake.hasher,
            token: self.token,
            lane: self.lane,
            now: shared.intake.clock.now(),
        }
        .row()
    }
}
