//! The worker: consume → claim → render → send → decide → record → settle.
//!
//! A notification goes down the files in this order: [`consume`] takes it from a lane when a [`slots`] place is free,
//! and [`deliver`] is the pipeline: the crate [`intake`] says who the message is, [`delivery`] is this copy of it,
//! [`attempt`] (which takes its words from [`render`]) tries, [`copies`] says what follows for a copy that is not sent,
//! and [`intake::InHand`] carries out what follows and settles the message. [`report`] counts and logs it. [`give_up`]
//! is for what has ended ten workers.

mod attempt;
mod consume;
mod copies;
mod deliver;
mod delivery;
mod drain;
mod give_up;
mod meters;
mod pause;
mod readiness;
mod render;
mod report;
mod settings;
mod slots;
#[cfg(test)]
mod testing;
mod unread;

pub use settings::{InvalidSettings, Settings};

use std::sync::Arc;

use channels::Channels;
use domain::{Clock, RecipientHasher};
use intake::{Intake, LedgerBreaker, RetryLimit};
use runtime::Readiness;
use store::Store;
use templates::Templates;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Topology};

use crate::meters::Meters;
use crate::slots::Slots;
use crate::unread::Unread;

/// What a worker is made of. Every part is running already.
pub struct Worker {
    pub settings: Settings,
    pub topology: Topology,
    pub publisher: Publisher,
    pub store: Store,
    pub channels: Channels,
    pub templates: Arc<Templates>,
    pub hasher: RecipientHasher,
    pub clock: Arc<dyn Clock>,
}

/// What every delivery of one worker shares.
struct Shared {
    settings: Settings,
    /// Its stop is that of taking work: what has not been sent yet is given back.
    intake: Intake,
    channels: Channels,
    templates: Arc<Templates>,
    slots: Slots,
    meters: Meters,
    unread: Unread,
    deliveries: TaskTracker,
}

impl Worker {
    /// Consumes until `stop` is cancelled, then drains: takes nothing more, lets what is being sent
    /// finish within the grace period, and gives the rest back.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let (topology, shared) = self.into_parts();
        let subscriptions = consume::subscriptions(&shared.settings);
        let (consumers, lanes) = Consumers::start(topology, subscriptions, ConsumerSettings::default());
        let shared = Arc::new(shared);
        let watching =
            tokio::spawn(readiness::keep_current(readiness, Arc::clone(&shared), consumers.watch(), stop.clone()));
        let intakes = TaskTracker::new();
        for incoming in lanes {
            intakes.spawn(consume::take(Arc::clone(&shared), incoming));
        }
        intakes.close();
        tokio::select! {
            () = stop.cancelled() => {}
            () = pause::while_ledger_is_down(&shared, &consumers) => {}
        }
        drain::drain(&shared, &consumers, &intakes).await;
        watching.abort();
        consumers.close().await;
    }

    /// Where to consume, and the parts that the deliveries share.
    fn into_parts(self) -> (Topology, Shared) {
        let stopping = CancellationToken::new();
        let limit =
            RetryLimit::WhileDown { trouble_limit: self.settings.trouble_limit, stop_limit: self.settings.grace / 2 };
        let intake = Intake {
            role: report::ROLE,
            publisher: self.publisher,
            store: self.store,
            breaker: LedgerBreaker::new(limit, stopping.clone()),
            hasher: self.hasher,
            defaults: self.settings.defaults.clone(),
            clock: self.clock,
            stopping,
        };
        let shared = Shared {
            intake,
            slots: Slots::new(self.settings.concurrency, self.settings.bytes_in_hand),
            meters: Meters::default(),
            unread: Unread::default(),
            deliveries: TaskTracker::new(),
            settings: self.settings,
            channels: self.channels,
            templates: self.templates,
        };
        (self.topology, shared)
    }
}
