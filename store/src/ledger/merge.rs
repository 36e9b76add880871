//! Writes what follows for a delivery from what its provider reported. Nobody has claimed the row: whoever writes first is
//! told by its version.

use std::iter::once;

use domain::Transition;

use super::attempts;
use super::row::OrderColumns;
use crate::error::StoreError;
use crate::sql::{Group, Session};
use crate::store::Store;

/// When a report moves what was sent, its row's last change is that of the report from then on: when the provider had it is
/// kept beside.
const MERGE: &str = "UPDATE deliveries SET state = u.state, seq = u.seq, updated_at = u.updated_at, \
     order_kind = u.order_kind, order_tier = u.order_tier, order_due_at = u.order_due_at, \
     order_reason = u.order_reason, order_error = u.order_error, provider_id = u.provider_id, code = u.code, \
     sent_at = CASE WHEN deliveries.state = 'sent' THEN deliveries.updated_at ELSE deliveries.sent_at END, \
     version = deliveries.version + 1 \
     FROM {u} WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.version = u.version \
     RETURNING deliveries.id";

impl Store {
    /// Writes the row of a report's transition, and the attempt that the row stood for until then. False when the row has changed since it was read, also by
    /// a write of this one whose answer was lost: read it and decide again.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] read the row and decide again.
    pub async fn merge_report(&self, transition: &Transition) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        if !write(&mut session, transition).await? {
            return Ok(false);
        }
        let attempt = transition.attempt.clone().map(|attempt| (&transition.row, attempt));
        attempts::insert(&mut session, attempt.as_slice()).await?;
        session.commit().await?;
        Ok(true)
    }
}

async fn write(session: &mut Session, transition: &Transition) -> Result<bool, StoreError> {
    let row = &transition.row;
    let order = OrderColumns::from(&row.order);
    let group = Group::of(1)
        .text("tenant", once(row.key.tenant.as_str()))
        .text("id", once(row.key.id.as_str()))
        .int("version", once(row.version))
        .text("state", once(row.state.as_str()))
        .int("seq", once(i64::from(row.seq)))
        .int("updated_at", once(row.updated_at.as_micros()))
        .text("order_kind", once(order.kind))
        .int("order_tier", once(order.tier))
        .int("order_due_at", once(order.due_at))
        .text("order_reason", once(order.reason))
        .text("order_error", once(order.error))
        .text("provider_id", once(row.provider_id.as_deref()))
        .text("code", once(row.code.as_deref()));
    Ok(!session.query_group(MERGE, &group).await?.is_empty())
}
