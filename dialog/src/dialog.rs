//! The dialog as a whole: it consumes events while there are endpoints, and drains what it has in hand.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Defaults, RecipientHasher, Telling, WebhookKeys};
use intake::{Intake, Teller};
use runtime::{LogLimiter, Readiness};
use store::{LedgerBreaker, RetryLimit, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Source, Subscription, Topology};

use crate::endpoints::Endpoints;
use crate::readiness::{Health, keep_current};
use crate::shared::Shared;
use crate::{binding, consume};

/// The most events in hand at once.
const PREFETCH: u16 = 64;
/// How long a stop waits for events in hand.
const GRACE: Duration = Duration::from_secs(10);
/// How long a step with the ledger is repeated for an event in hand.
const RETRY_LIMIT: RetryLimit = RetryLimit::UntilStop {
    failed: |error, untold| tracing::warn!(%error, untold, "events for endpoints wait for the ledger"),
    ended: |lasted| tracing::info!(seconds = lasted.as_secs(), "the ledger says again who has endpoints"),
    panicked: || tracing::error!("a step of the dialog panicked: a bug of ours"),
};

/// The parts of a dialog. Each is running already.
pub struct Dialog {
    pub topology: Topology,
    pub publisher: Publisher,
    pub store: Store,
    pub keys: WebhookKeys,
    pub hasher: RecipientHasher,
    pub clock: Arc<dyn Clock>,
}

impl Dialog {
    /// Tells endpoints until `stop` is cancelled.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let subscription = Subscription { source: Source::Callbacks, prefetch: PREFETCH };
        let subscriptions = vec![subscription];
        let (consumers, mut sources) =
            Consumers::start(self.topology.clone(), subscriptions, ConsumerSettings::default());
        let shared = Arc::new(Shared {
            intake: Intake {
                role: consume::ROLE,
                publisher: self.publisher,
                // It tells of webhooks by sending them, and of nothing else.
                teller: Teller::new(Telling::Off),
                store: self.store,
                breaker: LedgerBreaker::new(RETRY_LIMIT, stop.clone()),
                hasher: self.hasher,
                defaults: Defaults { channel: None },
                clock: self.clock,
                unread: LogLimiter::default(),
                stopping: stop.clone(),
            },
            keys: self.keys,
            endpoints: Endpoints::default(),
            health: Health::default(),
            events: TaskTracker::new(),
        });
        let telling = sources.pop().map(|source| tokio::spawn(consume::tell_endpoints(Arc::clone(&shared), source)));
        tokio::select! {
            () = stop.cancelled() => {}
            () = binding::keep(&shared, &self.topology) => {}
            () = keep_current(&shared.health, &shared.intake.publisher, &consumers, &readiness) => {}
        }
        readiness.set(vec!["stopping".into()]);
        let drained = async {
            consumers.drain().await;
            if let Some(telling) = telling {
                let _ = telling.await;
            }
            shared.events.close();
            shared.events.wait().await;
        };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("some events were not told to endpoints in time; the broker will deliver them again");
        }
        consumers.close().await;
    }
}
