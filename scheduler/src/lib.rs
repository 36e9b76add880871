//! The scheduler: everything that happens because time passed.
//!
//! [`intake`] stores what is due later: [`identify`] says who it is, [`deferral`] keeps the row of a job without an id,
//! or that cannot be stored, [`ledger`] repeats what was not taken, and [`settlement`] ends its message. [`wake`] says
//! when to look, [`ticker`] that one should look anyway, [`fire`] publishes what is due, [`rules`] looks whether clocks
//! were changed, [`retention`] forgets what ended long ago, [`stuck`] counts what should have moved and did not.
//! SQL is the truth: any number of schedulers may run at once, kept apart by leases.

mod contained;
mod deferral;
mod demo;
mod fire;
mod identify;
mod intake;
mod job;
mod ledger;
mod retention;
mod rules;
mod settings;
mod settlement;
mod stuck;
#[cfg(test)]
mod testing;
mod ticker;
mod wake;

pub use demo::Demo;
pub use settings::{Media, Settings};

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Defaults, RecipientHasher, Zones};
use runtime::Readiness;
use store::{Patience, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Source, Subscription, Topology};

/// Jobs in hand at once, stored or not yet.
const PREFETCH: u16 = 256;
/// How long a stop waits for jobs in hand.
const GRACE: Duration = Duration::from_secs(10);

/// What a scheduler is made of. Every part is running already.
pub struct Scheduler {
    pub topology: Topology,
    pub publisher: Publisher,
    pub store: Store,
    pub hasher: RecipientHasher,
    pub defaults: Defaults,
    pub demo: Option<Demo>,
    /// How long ended deliveries are remembered, and their ids recognised. `None`: for ever.
    pub retention: Option<Duration>,
    /// When something counts as stuck.
    pub patience: Patience,
    /// The rules of time zones.
    pub zones: Zones,
    pub clock: Arc<dyn Clock>,
}

/// What every job of one scheduler shares.
struct Shared {
    publisher: Publisher,
    store: Store,
    hasher: RecipientHasher,
    defaults: Defaults,
    zones: Zones,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    jobs: TaskTracker,
}

impl Scheduler {
    /// Stores and fires until `stop` is cancelled.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let subscription = Subscription { source: Source::Scheduled, prefetch: PREFETCH };
        let (consumers, mut sources) = Consumers::start(self.topology, vec![subscription], ConsumerSettings::default());
        let shared = Arc::new(Shared {
            publisher: self.publisher,
            store: self.store,
            hasher: self.hasher,
            defaults: self.defaults,
            zones: self.zones,
            clock: self.clock,
            stop: stop.clone(),
            jobs: TaskTracker::new(),
        });
        rules::move_what_they_changed(&shared).await;
        if let Some(demo) = self.demo {
            demo::keep(&shared, demo).await;
        }
        let intake = sources.pop().map(|source| tokio::spawn(intake::take(Arc::clone(&shared), source)));
        // What may end in the middle of anything: a batch that is not committed is rolled back.
        let mut background = JoinSet::new();
        background.spawn(retention::forget_what_is_old(Arc::clone(&shared), self.retention));
        background.spawn(stuck::watch(Arc::clone(&shared), self.patience));
        let ticks = ticker::start().await;
        fire::fire_when_due(&shared, ticks, &readiness, &consumers).await;
        readiness.set(vec!["stopping".into()]);
        background.shutdown().await;
        let drained = async {
            consumers.drain().await;
            if let Some(intake) = intake {
                let _ = intake.await;
            }
            shared.jobs.close();
            shared.jobs.wait().await;
        };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("some jobs were not stored in time; the broker will deliver them again");
        }
        consumers.close().await;
    }
}
