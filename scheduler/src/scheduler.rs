//! The scheduler as a whole: it stores and fires, each in a file of its own, and drains what it has in hand.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Defaults, JournalKeys, LetterSealer, RecipientHasher, Telling, Zones};
use files::Files;
use intake::{Intake, Teller};
use runtime::{LogLimiter, Outage, Readiness};
use store::{InboxLimits, LedgerBreaker, Patience, RetryLimit, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Source, Subscription, Topology};

use crate::demo::{self, Demo};
use crate::shared::Shared;
use crate::{
    consume, contained, fan_out, fire, journal, letters, retention, rules, settlement, stored_files, stuck, ticker,
};

/// The most jobs in hand at once, stored or not yet.
const PREFETCH: u16 = 256;
/// The most topics whose members are told at once.
const TOPICS: u16 = 4;
/// How long a stop waits for jobs in hand.
const GRACE: Duration = Duration::from_secs(10);
/// How long a step with the ledger is repeated for a job in hand.
pub(crate) const RETRY_LIMIT: RetryLimit = RetryLimit::UntilStop {
    failed: |error, untold| tracing::warn!(%error, untold, "jobs wait for the ledger"),
    ended: |lasted| tracing::info!(seconds = lasted.as_secs(), "the ledger takes jobs again"),
    panicked: || contained::report("store"),
};

/// The parts of a scheduler. Each is running already.
pub struct Scheduler {
    pub topology: Topology,
    pub publisher: Publisher,
    pub telling: Telling,
    pub store: Store,
    pub hasher: RecipientHasher,
    /// Of dead letters that are kept.
    pub sealer: LetterSealer,
    pub defaults: Defaults,
    pub demo: Option<Demo>,
    /// How long ended deliveries are remembered, and their ids recognised. `None`: for ever.
    pub retention: Option<Duration>,
    /// How much inboxes keep.
    pub inboxes: InboxLimits,
    /// When something counts as stuck.
    pub patience: Patience,
    /// What seals the journal.
    pub journal: JournalKeys,
    /// The rules of time zones.
    pub zones: Zones,
    /// Where files lie.
    pub files: Arc<Files>,
    pub clock: Arc<dyn Clock>,
}

impl Scheduler {
    /// Stores and fires until `stop` is cancelled.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let subscriptions = vec![
            Subscription { source: Source::Scheduled, prefetch: PREFETCH },
            Subscription { source: Source::FanOut, prefetch: TOPICS },
        ];
        let topology = self.topology.clone();
        let (consumers, mut sources) = Consumers::start(self.topology, subscriptions, ConsumerSettings::default());
        let shared = Arc::new(Shared {
            intake: Intake {
                role: settlement::ROLE,
                publisher: self.publisher,
                teller: Teller::new(self.telling),
                store: self.store,
                breaker: LedgerBreaker::new(RETRY_LIMIT, stop.clone()),
                hasher: self.hasher,
                defaults: self.defaults,
                clock: self.clock,
                unread: LogLimiter::default(),
                stopping: stop,
            },
            zones: self.zones,
            sealer: self.sealer,
            jobs: TaskTracker::new(),
            looking: Outage::new(),
            confirming: Outage::new(),
        });
        rules::move_what_they_changed(&shared).await;
        if let Some(demo) = self.demo {
            demo::store(&shared, demo).await;
        }
        let topics = sources.pop().map(|source| tokio::spawn(fan_out::tell_members(Arc::clone(&shared), source)));
        let intake = sources.pop().map(|source| tokio::spawn(consume::store_jobs(Arc::clone(&shared), source)));
        // These tasks may end in the middle of anything: a batch that is not committed is rolled back.
        let mut background = JoinSet::new();
        background.spawn(retention::forget_what_is_old(Arc::clone(&shared), self.retention, self.inboxes));
        background.spawn(letters::keep_reading(Arc::clone(&shared), topology));
        background.spawn(journal::keep_sealing(Arc::clone(&shared), self.journal));
        background.spawn(stored_files::keep_removing(Arc::clone(&shared), self.files));
        background.spawn(stuck::watch(Arc::clone(&shared), self.patience));
        let ticks = ticker::start().await;
        fire::fire_when_due(&shared, ticks, &readiness, &consumers).await;
        readiness.set(vec!["stopping".into()]);
        background.shutdown().await;
        let drained = async {
            consumers.drain().await;
            for consuming in [intake, topics].into_iter().flatten() {
                let _ = consuming.await;
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
