//! Who a message is: its notification, its (tenant, id), and how this copy of it arrived.

use std::sync::Arc;

use domain::{Arrival, Content, FirstSight, Key, Lane, Notification, Row};
use store::{Adoption, Sight, StoreError};
use topology::Incoming;
use uuid::Uuid;

use crate::Shared;

/// One copy of a delivery on its way down the pipeline.
pub(crate) struct Delivery {
    pub(crate) notification: Arc<Notification>,
    pub(crate) arrival: Arrival,
    /// Set for a message that came without any id.
    pub(crate) fingerprint: Option<Content>,
    /// It may be a message that was sent: nobody can know.
    pub(crate) doubtful: bool,
    pub(crate) lane: Lane,
    /// The claim's.
    token: Uuid,
}

/// Names the delivery: the AMQP `message_id`, else the body's `id`, else an id of its own, which it holds
/// by its adoption.
///
/// # Errors
/// The ledger's, when it had to be asked.
pub(crate) async fn identify(
    shared: &Shared,
    notification: Arc<Notification>,
    incoming: &Incoming,
) -> Result<(Delivery, Option<Adoption>), StoreError> {
    if let Some(key) = incoming.given_key(&notification) {
        return Ok((Delivery::given(key, notification, incoming), None));
    }
    let (fingerprint, token) = (incoming.fingerprint(), Uuid::now_v7());
    let adopt = || shared.store.adopt(&notification.tenant, &fingerprint, token, incoming.redelivered);
    let adoption = shared.breaker.retry_until_taken(adopt).await?;
    let given = Delivery::given(adoption.key().clone(), Arc::clone(&notification), incoming);
    let delivery = Delivery {
        arrival: given.arrival.without_id(),
        fingerprint: Some(fingerprint),
        doubtful: adoption.sight() == Sight::Doubtful,
        token,
        ..given
    };
    Ok((delivery, Some(adoption)))
}

impl Delivery {
    /// Of a message that came with an id.
    pub(crate) fn given(key: Key, notification: Arc<Notification>, incoming: &Incoming) -> Self {
        let (arrival, token) = (incoming.arrival(key), Uuid::now_v7());
        Self { notification, arrival, fingerprint: None, doubtful: false, lane: incoming.lane, token }
    }

    /// The row that this copy inserts when the ledger does not know the delivery.
    pub(crate) fn candidate(&self, shared: &Shared, incoming: &Incoming) -> Row {
        FirstSight {
            arrival: &self.arrival,
            notification: &self.notification,
            fingerprint: self.fingerprint,
            parent: incoming.headers.parent.clone(),
            published_at: incoming.timestamp,
            hasher: &shared.hasher,
            token: self.token,
            now: shared.clock.now(),
        }
        .row()
    }
}
