//! Who a message of the scheduled queue is: its (tenant, id), and how this copy of it arrived.

use domain::{Arrival, Key, Notification};
use store::{Adoption, Sight};
use topology::Incoming;
use uuid::Uuid;

use crate::Shared;
use crate::ledger::{Trouble, retry_until_taken};

/// Who a message is, once that is known: a dead letter of it carries its id.
pub(crate) struct Named {
    pub(crate) key: Key,
    /// Of a message that came without an id. However the message leaves, it ends with it.
    pub(crate) adoption: Option<Adoption>,
}

/// By the id that it came with; without any, by an id of its own, which it holds by its adoption.
pub(crate) async fn identify(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
) -> Result<Named, Trouble> {
    if let Some(key) = incoming.given_key(notification) {
        return Ok(Named { key, adoption: None });
    }
    let (fingerprint, copy) = (incoming.fingerprint(), Uuid::now_v7());
    let adopt = || shared.store.adopt(&notification.tenant, &fingerprint, copy, incoming.redelivered);
    let adoption = retry_until_taken(shared, adopt).await?;
    Ok(Named { key: adoption.key().clone(), adoption: Some(adoption) })
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
