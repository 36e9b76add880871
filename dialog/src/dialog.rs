//! The dialog as a whole: it consumes what providers send, asks the one that calls nobody, consumes events while there are
//! endpoints, ends what is over by its time, and drains what it has in hand.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, CommandKeys, Defaults, RecipientHasher, Registry, Secrets, Telling, WebhookKeys};
use intake::{Intake, Teller};
use operations::commands::ServiceKeys;
use runtime::{LogLimiter, Readiness};
use store::{LedgerBreaker, RetryLimit, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Source, Subscription, Topology};

use crate::crowd::Crowd;
use crate::endpoints::Endpoints;
use crate::horizon::Horizon;
use crate::poll::Poller;
use crate::readiness::{Health, keep_current};
use crate::room::{CALLS_AT_ONCE, Room};
use crate::said::Reader;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::turns::Turns;
use crate::updates::Polling;
use crate::{binding, consume, hearing, ticker};

/// The most events in hand at once.
const EVENTS_AT_ONCE: u16 = 64;
/// How many bytes of bodies may wait here that the broker has sent ahead.
const HELD_BYTES: usize = 32 * domain::MAX_BODY_BYTES;
/// How long a stop waits for events in hand.
const GRACE: Duration = Duration::from_secs(10);
/// How long a step with the ledger is repeated for an event in hand.
const RETRY_LIMIT: RetryLimit = RetryLimit::UntilStop {
    failed: |error, untold| tracing::warn!(%error, untold, "events for endpoints and what providers send wait for the ledger"),
    ended: |lasted| tracing::info!(seconds = lasted.as_secs(), "the ledger answers the dialog again"),
    panicked: || tracing::error!("a step of the dialog panicked: a bug of ours"),
};

/// The parts of a dialog. Each is running already.
pub struct Dialog {
    pub topology: Topology,
    pub publisher: Publisher,
    pub store: Store,
    pub keys: WebhookKeys,
    /// The services that take commands.
    pub services: Registry,
    pub signer: CommandKeys,
    pub reader: Reader,
    /// With what people answer.
    pub secrets: Secrets,
    pub settings: Settings,
    /// Who is asked for what people write; none where all providers call.
    pub polling: Option<Polling>,
    pub telling: Telling,
    pub hasher: RecipientHasher,
    pub clock: Arc<dyn Clock>,
}

impl Dialog {
    /// Hears providers and tells endpoints until `stop` is cancelled.
    pub async fn run(mut self, readiness: Readiness, stop: CancellationToken) {
        let of = |source, prefetch| Subscription { source, prefetch };
        let subscriptions = vec![of(Source::Callbacks, EVENTS_AT_ONCE), of(Source::Inbound, CALLS_AT_ONCE)];
        let settings = ConsumerSettings { held_bytes: Some(HELD_BYTES), ..ConsumerSettings::default() };
        let (consumers, mut sources) = Consumers::start(self.topology.clone(), subscriptions, settings);
        let (topology, polling) = (self.topology.clone(), self.polling.take());
        let shared = Arc::new(self.into_shared(stop.clone()));
        let hearing = sources.pop().map(|source| tokio::spawn(hearing::hear(Arc::clone(&shared), source)));
        let telling = sources.pop().map(|source| tokio::spawn(consume::tell_endpoints(Arc::clone(&shared), source)));
        let poller = polling.map(Poller::new);
        tokio::select! {
            () = stop.cancelled() => {}
            () = asking(poller.as_ref(), &shared) => {}
            () = binding::keep(&shared, &topology) => {}
            () = ticker::keep(&shared, &consumers) => {}
            () = keep_current(&shared.health, &shared.intake.publisher, &consumers, &readiness) => {}
        }
        readiness.set(vec!["stopping".into()]);
        let drained = async {
            if let Some(poller) = &poller {
                poller.leave(&shared).await;
            }
            consumers.drain().await;
            for taking in [hearing, telling].into_iter().flatten() {
                let _ = taking.await;
            }
            shared.events.close();
            shared.events.wait().await;
        };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("some messages of the dialog were not done in time; the broker will deliver them again");
        }
        consumers.close().await;
    }

    /// What every message shares.
    pub(crate) fn into_shared(self, stop: CancellationToken) -> Shared {
        Shared {
            intake: Intake {
                role: consume::ROLE,
                publisher: self.publisher,
                teller: Teller::new(self.telling),
                store: self.store,
                breaker: LedgerBreaker::new(RETRY_LIMIT, stop.clone()),
                hasher: self.hasher,
                defaults: Defaults { channel: None },
                clock: self.clock,
                unread: LogLimiter::default(),
                stopping: stop,
            },
            keys: self.keys,
            // What is wrong with a key, whoever has read the file has told.
            service_keys: ServiceKeys::new(&self.services).unwrap_or_default(),
            services: self.services,
            signer: self.signer,
            reader: self.reader,
            secrets: self.secrets,
            settings: self.settings,
            endpoints: Endpoints::default(),
            health: Health::default(),
            horizon: Horizon::default(),
            turns: Turns::default(),
            room: Room::default(),
            crowd: Crowd::default(),
            events: TaskTracker::new(),
        }
    }
}

/// Asks until it is dropped, if there is anybody to ask.
async fn asking(poller: Option<&Poller>, shared: &Shared) {
    match poller {
        Some(poller) => poller.keep(shared).await,
        None => std::future::pending().await,
    }
}
