//! Puts a destination that is no longer there, or at which nobody wants anything more, on the suppression list, so that
//! nobody tries it again.

use domain::{Listed, Row, SuppressedFor, Suppression};

use crate::delivery::Delivery;
use crate::shared::Shared;

/// Tried once: where the ledger does not take it, the next delivery finds the same.
pub(crate) async fn note(shared: &Shared, row: &Row, delivery: &Delivery, reason: SuppressedFor) {
    let Listed { recipient, .. } = delivery.listed(shared);
    let suppression = Suppression {
        id: Suppression::id_of(&row.key.tenant, &row.channel, recipient, reason),
        tenant: row.key.tenant.clone(),
        channel: row.channel.clone(),
        recipient,
        recipient_mask: row.recipient_mask.clone(),
        reason,
        scope: reason.usual_scope(),
        since: shared.intake.clock.now(),
        until: None,
        by: row.provider.clone().unwrap_or_default(),
        note: None,
    };
    if let Err(error) = shared.intake.store.suppress(&suppression, None).await {
        tracing::warn!(%error, delivery = %row.key, "a destination that takes nothing more could not be put on the suppression list");
    }
}
