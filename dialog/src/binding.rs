//! Has the queue bound while somebody has an endpoint, and unbound while nobody has: whoever has none pays nothing.

use std::time::{Duration, Instant};

use runtime::Outage;
use topology::Topology;

use crate::shared::Shared;

/// How often is looked whether there are endpoints.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the queue is bound again while there are: somebody may have deleted it, or another dialog unbound it.
const BIND_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What this dialog has last asked the broker for, and when.
#[derive(Clone, Copy)]
struct Asked {
    wanted: bool,
    at: Instant,
}

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(shared: &Shared, topology: &Topology) {
    let (reading, binding) = (Outage::new(), Outage::new());
    let mut asked: Option<Asked> = None;
    loop {
        let found = shared.intake.store.has_endpoints().await;
        shared.health.note_ledger(found.is_ok());
        match found {
            Ok(wanted) => {
                let _ = reading.ended(Instant::now());
                if is_due(asked, wanted) {
                    asked = bound(shared, topology, wanted, &binding).await;
                    // An endpoint may have been made while the queue was unbound: it is looked at once more.
                    if !wanted && asked.is_some() {
                        continue;
                    }
                }
            }
            Err(error) => {
                if let Some(untold) = reading.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "the ledger does not say whether there are endpoints");
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_due(asked: Option<Asked>, wanted: bool) -> bool {
    asked.is_none_or(|last| last.wanted != wanted || (wanted && last.at.elapsed() > BIND_AGAIN_AFTER))
}

/// None when the broker has not done it, so that it is asked again.
async fn bound(shared: &Shared, topology: &Topology, wanted: bool, outage: &Outage) -> Option<Asked> {
    let at = Instant::now();
    let done = topology.let_callbacks_in(wanted).await;
    shared.health.note_binding(done.is_ok());
    match done {
        Ok(()) => {
            let _ = outage.ended(at);
            Some(Asked { wanted, at })
        }
        Err(error) => {
            if let Some(untold) = outage.failed(at) {
                tracing::warn!(%error, untold, wanted, "the queue of events for endpoints could not be bound or unbound");
            }
            None
        }
    }
}
