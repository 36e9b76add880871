//! Who a message is: its notification, its (tenant, id), and how this copy of it arrived.

use std::sync::Arc;

use domain::{
    Arrival, Content, DecodeError, FieldError, FirstSight, Key, Lane, Notification, Reason, Row, content_of,
    fingerprint_of,
};
use topology::Incoming;
use uuid::Uuid;

use crate::Shared;

/// The longest id, in bytes: the limit of an AMQP short string.
const MAX_ID_BYTES: usize = 255;

/// One copy of a delivery on its way down the path.
pub(crate) struct Delivery {
    pub(crate) notification: Arc<Notification>,
    pub(crate) arrival: Arrival,
    /// Set for a message that came without any id.
    pub(crate) fingerprint: Option<Content>,
    pub(crate) origin: Origin,
    pub(crate) lane: Lane,
}

/// Where a delivery's id comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// Its publisher gave it.
    Given,
    /// It is new: the message came without one.
    Minted,
    /// It is that of the row which the first delivery of this message made.
    Adopted,
}

/// Reads the body.
///
/// # Errors
/// [`DecodeError`]: the message can never be delivered as it is.
pub(crate) fn decode(shared: &Shared, incoming: &Incoming) -> Result<Notification, DecodeError> {
    if let Some(encoding) = incoming.content_encoding.as_deref()
        && !matches!(encoding.to_ascii_lowercase().as_str(), "" | "identity" | "utf-8" | "utf8")
    {
        return Err(refused(format!("the content_encoding is {encoding:?}; send plain JSON in UTF-8")));
    }
    if let Some(id) = incoming.message_id.as_deref() {
        if id.len() > MAX_ID_BYTES {
            return Err(refused(format!("the message_id has {} bytes, the limit is {MAX_ID_BYTES}", id.len())));
        }
        if id.contains('\0') {
            return Err(refused("the message_id contains U+0000".into()));
        }
    }
    Notification::decode(&incoming.body, &shared.settings.defaults)
}

fn refused(detail: String) -> DecodeError {
    DecodeError { reason: Reason::DecodeError, fields: vec![FieldError { pointer: String::new(), detail }] }
}

/// Names the delivery: the AMQP `message_id`, else the body's `id`, else an id of its own. A redelivered
/// anonymous message continues the row that its first delivery made.
///
/// # Errors
/// The ledger's, when it had to be asked.
pub(crate) async fn identify(
    shared: &Shared,
    notification: Arc<Notification>,
    incoming: &Incoming,
) -> Result<Delivery, store::StoreError> {
    let given = incoming.message_id.as_deref().filter(|id| !id.is_empty()).or(notification.id.as_deref());
    let (key, fingerprint, origin) = match given {
        Some(id) => (Key { tenant: notification.tenant.clone(), id: id.to_owned() }, None, Origin::Given),
        None => anonymous(shared, &notification, incoming).await?,
    };
    let content = content_of(&incoming.body);
    let arrival = Arrival::new(key, content, &incoming.headers, incoming.redelivered);
    Ok(Delivery { notification, arrival, fingerprint, origin, lane: incoming.lane })
}

async fn anonymous(
    shared: &Shared,
    notification: &Notification,
    incoming: &Incoming,
) -> Result<(Key, Option<Content>, Origin), store::StoreError> {
    let fingerprint = fingerprint_of(&incoming.body, &incoming.properties_fingerprint);
    let known = match incoming.redelivered {
        true => shared.sql.insist(shared, || shared.store.find_anonymous(&fingerprint)).await?,
        false => Vec::new(),
    };
    let minted = || Key { tenant: notification.tenant.clone(), id: Uuid::now_v7().to_string() };
    Ok(match shared.adopted.adopt(known) {
        Some(key) => (key, Some(fingerprint), Origin::Adopted),
        None => (minted(), Some(fingerprint), Origin::Minted),
    })
}

impl Delivery {
    /// The row that this copy inserts when the ledger does not know the delivery.
    pub(crate) fn candidate(&self, shared: &Shared, incoming: &Incoming) -> Row {
        FirstSight {
            arrival: &self.arrival,
            notification: &self.notification,
            fingerprint: self.fingerprint,
            parent: incoming.headers.parent.clone(),
            published_at: incoming.timestamp,
            hasher: &shared.hasher,
            token: Uuid::now_v7(),
            now: shared.clock.now(),
        }
        .row()
    }
}
