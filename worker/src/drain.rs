//! Stops without losing or repeating: take nothing, finish what is being sent, give the rest back.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use topology::Consumers;

use crate::shared::Shared;

/// Returns when every delivery is settled, or the grace period is over; what is left then is ambiguous
/// and comes back by the broker.
pub(crate) async fn drain(shared: &Arc<Shared>, consumers: &Consumers, intakes: &TaskTracker) {
    shared.intake.stopping.cancel();
    let grace = shared.setup.settings.grace;
    tracing::info!(in_hand = shared.deliveries.len(), grace_seconds = grace.as_secs(), "draining");
    let all_settled = async {
        consumers.drain().await;
        intakes.wait().await;
        shared.deliveries.close();
        shared.deliveries.wait().await;
    };
    if tokio::time::timeout(grace, all_settled).await.is_err() {
        tracing::warn!(
            left = shared.deliveries.len(),
            "the grace period is over; what is left will be delivered again"
        );
    } else {
        tracing::info!("drained");
    }
}
