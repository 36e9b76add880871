//! Stops without losing or repeating a message: consumes nothing more, finishes what is being sent, and gives the rest
//! back.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use topology::Consumers;

use crate::shared::Shared;

/// Returns when every delivery is settled, or the grace period is over. A send that is still running then is ambiguous,
/// and the broker delivers its message again.
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
