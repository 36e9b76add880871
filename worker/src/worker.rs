//! The worker as a whole: it consumes, watches and drains, each in a file of its own.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Defaults, RecipientHasher, Telling};
use intake::{Intake, Teller};
use runtime::{LogLimiter, Readiness};
use store::{LedgerBreaker, RetryLimit, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Topology};

use crate::faults::Faults;
use crate::health::Health;
use crate::meters::Meters;
use crate::paused::Paused;
use crate::room::Room;
use crate::shared::{Setup, Shared};
use crate::slots::Slots;
use crate::traced::Spans;
use crate::waiting::Waiting;
use crate::{consume, drain, leasing, pause, readiness, report, sharing};

/// How long a worker that has drained waits for the ledger to hear that it goes.
const LAST_WORD: Duration = Duration::from_secs(2);

/// The parts of a worker. Each is running already.
pub struct Worker {
    pub setup: Setup,
    pub topology: Topology,
    pub publisher: Publisher,
    pub telling: Telling,
    pub store: Store,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub clock: Arc<dyn Clock>,
}

impl Worker {
    /// Consumes until `stop` is cancelled, then drains: consumes nothing more, lets running sends finish within the
    /// grace period, and gives the rest back.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let (topology, shared) = self.into_parts();
        let shared = Arc::new(shared);
        // Nothing is claimed that is paused, not even by a worker that begins while the ledger is away.
        if !sharing::know_pauses(&shared, &stop).await {
            return;
        }
        let leasing = tokio::spawn(leasing::lease(Arc::clone(&shared), stop.clone()));
        let subscriptions = consume::subscriptions(&shared.setup.settings);
        let held_bytes = Some(shared.setup.settings.prefetch_bytes);
        let settings = ConsumerSettings { held_bytes, ..ConsumerSettings::default() };
        let (consumers, lanes) = Consumers::start(topology, subscriptions, settings);
        let watching =
            tokio::spawn(readiness::keep_current(readiness, Arc::clone(&shared), consumers.watch(), stop.clone()));
        let mut sharing = tokio::spawn(sharing::share(Arc::clone(&shared), stop.clone()));
        let intakes = TaskTracker::new();
        for incoming in lanes {
            intakes.spawn(consume::consume_lane(Arc::clone(&shared), incoming));
        }
        intakes.close();
        tokio::select! {
            () = stop.cancelled() => {}
            () = pause::while_ledger_is_down(&shared, &consumers) => {}
        }
        drain::drain(&shared, &consumers, &intakes).await;
        watching.abort();
        // It has something to take back; without it others find out by themselves.
        if tokio::time::timeout(LAST_WORD, &mut sharing).await.is_err() {
            sharing.abort();
        }
        leasing.abort();
        consumers.close().await;
    }

    /// The topology to consume from, and what the deliveries share.
    pub(crate) fn into_parts(self) -> (Topology, Shared) {
        let stopping = CancellationToken::new();
        let Setup { settings, .. } = &self.setup;
        let limit = RetryLimit::WhileDown { trouble_limit: settings.trouble_limit, stop_limit: settings.grace / 2 };
        let intake = Intake {
            role: report::ROLE,
            publisher: self.publisher,
            teller: Teller::new(self.telling),
            store: self.store,
            breaker: LedgerBreaker::new(limit, stopping.clone()),
            hasher: self.hasher,
            defaults: self.defaults,
            clock: self.clock,
            unread: LogLimiter::default(),
            stopping,
        };
        let shared = Shared {
            intake,
            slots: Slots::new(settings.concurrency, settings.bytes_in_hand),
            waiting: Waiting::new(settings.concurrency),
            health: Health::of(&self.setup.channels),
            paused: Paused::default(),
            faults: Faults::default(),
            room: Room::default(),
            meters: Meters::default(),
            spans: Spans::of(&self.topology.names),
            deliveries: TaskTracker::new(),
            setup: self.setup,
        };
        (self.topology, shared)
    }
}
