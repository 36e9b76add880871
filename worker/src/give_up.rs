//! A message in whose hands ten workers have died is dead-lettered before anything is sent for it. Its row ends with
//! it, so that other copies learn of that, and a move out of the dead-letter queue begins the delivery anew.

use std::sync::Arc;

use domain::{Intent, Reason, delivered_too_often};
use intake::{InHand, ItsRow, TooOften};
use topology::Incoming;

use crate::deliver::deliver;
use crate::shared::Shared;

/// Ends the row of the message by the pipeline of every other message. A message that has no row, or whose row was
/// looked for before, is dead-lettered at once.
pub(crate) async fn give_up(shared: Arc<Shared>, too_often: TooOften, incoming: Incoming) {
    let deliveries = incoming.delivery_count.saturating_add(1);
    if too_often == TooOften::EndItsRow
        && let Ok(notification) = shared.intake.decode(&incoming)
    {
        return deliver(shared, Arc::new(notification), incoming, Intent::GiveUp { deliveries }, None).await;
    }
    let error = delivered_too_often(deliveries);
    InHand::new(&shared.intake).dead_letter(Reason::RedeliveredTooOften, &error, ItsRow::Untouched, incoming).await;
}
