//! Who a message is: the (tenant, id) of its delivery, and how this copy of the delivery arrived.

use domain::{Arrival, Content, Key, Notification};
use store::{RowLease, Sight, StepError};
use topology::Incoming;
use uuid::Uuid;

use crate::intake::Intake;

/// The identity of a message: whatever is published for the message carries this id.
pub struct Named {
    key: Key,
    anonymous: Option<Anonymous>,
}

/// What a message that came without any id has besides. Its lease ends with the message, however the message is
/// settled.
struct Anonymous {
    lease: RowLease,
    fingerprint: Content,
}

impl Intake {
    /// Names the delivery: by the AMQP `message_id`, else by the body's `id`, else by the id of the row that the copy
    /// leases.
    pub(crate) async fn identify(&self, notification: &Notification, incoming: &Incoming) -> Result<Named, StepError> {
        if let Some(key) = incoming.given_key(notification) {
            return Ok(Named::given(key));
        }
        let (fingerprint, copy) = (incoming.fingerprint(), Uuid::now_v7());
        let lease_row = || self.store.lease_row(&notification.tenant, &fingerprint, copy, incoming.redelivered);
        let lease = self.breaker.retry_until_taken(lease_row).await?;
        Ok(Named { key: lease.key().clone(), anonymous: Some(Anonymous { lease, fingerprint }) })
    }
}

impl Named {
    /// A message that came with an id.
    pub fn given(key: Key) -> Self {
        Self { key, anonymous: None }
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether the message came without any id.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous.is_some()
    }

    /// Whether nobody can know if the message is one that was sent or goes on under another id.
    pub fn is_suspected(&self) -> bool {
        self.lease().is_some_and(|lease| lease.sight() == Sight::Suspected)
    }

    /// The arrival of this copy, as a claim sees it.
    pub fn arrival(&self, incoming: &Incoming) -> Arrival {
        let arrival = incoming.arrival(self.key.clone());
        if self.is_anonymous() { arrival.without_id() } else { arrival }
    }

    /// The fingerprint by which the row of a message without an id is found again.
    pub fn fingerprint(&self) -> Option<Content> {
        self.anonymous.as_ref().map(|anonymous| anonymous.fingerprint)
    }

    /// The token of a claim by this copy: that of its lease, else a new one at each call.
    pub fn token(&self) -> Uuid {
        self.lease().map_or_else(Uuid::now_v7, RowLease::copy)
    }

    pub(crate) fn lease(&self) -> Option<&RowLease> {
        self.anonymous.as_ref().map(|anonymous| &anonymous.lease)
    }
}
