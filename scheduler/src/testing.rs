//! What the tests stand on: the parts of a scheduler with a ledger of their own, a clock that stands still, and no
//! broker.

use std::sync::Arc;
use std::time::Duration;

use domain::{ChannelName, Defaults, Keyring, RecipientHasher, Telling, Zones, content_of};
use intake::{Intake, Teller};
use runtime::{LogLimiter, Outage};
use store::{Job, JobKind, JobSummary, LedgerBreaker, Options, Store};
use tempfile::TempDir;
use testkit::{NO_BROKER, RETRY_DELAYS, SECRET, Still, key};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{Broker, Mode, Names, Plan, Publisher, PublisherSettings, QueueType, Topology};

use crate::scheduler::RETRY_LIMIT;
use crate::settlement;
use crate::shared::Shared;

pub(crate) use testkit::at;

/// The parts of a scheduler, and the folder of its ledger.
pub(crate) struct Parts {
    pub(crate) shared: Shared,
    _folder: TempDir,
}

pub(crate) async fn parts(now: &str, zones: Zones) -> Parts {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Still::at(at(now)));
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(Options::new(url.into(), 10, clock.clone())).await.unwrap();
    store.migrate().await.unwrap();
    let stop = CancellationToken::new();
    let shared = Shared {
        intake: Intake {
            role: settlement::ROLE,
            publisher: without_broker(&stop),
            teller: Teller::new(Telling::All),
            store,
            breaker: LedgerBreaker::new(RETRY_LIMIT, stop.clone()),
            hasher: RecipientHasher::new(SECRET.as_bytes()),
            defaults: Defaults { channel: None },
            clock,
            unread: LogLimiter::default(),
            stopping: stop,
        },
        zones,
        sealer: Keyring::new(SECRET.as_bytes(), None).letters(),
        jobs: TaskTracker::new(),
        looking: Outage::new(),
        confirming: Outage::new(),
    };
    Parts { shared, _folder: folder }
}

/// A publisher whose broker refuses connections.
fn without_broker(stop: &CancellationToken) -> Publisher {
    let names = Names::of("notifications");
    let plan = Plan::new(&names, QueueType::Quorum, RETRY_DELAYS);
    let broker = Broker::new(NO_BROKER.to_owned().into(), "scheduler").unwrap();
    let topology = Topology { broker, names, plan, mode: Mode::Off, management: None, declared: Default::default() };
    Publisher::start(topology, PublisherSettings::new(Duration::from_secs(5)), stop.clone())
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.shared.intake.stopping.cancel();
    }
}

/// A schedule in a zone, made before everything, whose next run is stored as `due`.
pub(crate) fn schedule(id: &str, cron: &str, zone: &str, due: &str) -> Job {
    let body = br#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#.to_vec();
    let kind = JobKind::Cron { cron: cron.into(), zone: zone.into(), name: None };
    let to = (ChannelName::parse("sms").unwrap(), "+12025550143");
    let summary = JobSummary::new(key(id), kind, to, content_of(&body), at(due), at("2026-01-01T00:00:00Z"));
    Job { summary, body, carried: Vec::new() }
}
