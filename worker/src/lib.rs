//! The worker: consume → claim → render → send → decide → record → settle.
//!
//! A notification goes down the files in this order: [`intake`] takes it from a lane when a [`slots`]
//! place is free, [`identify`] says who it is, [`deliver`] is the pipeline through claim, [`attempt`] (which takes its
//! words from [`render`]) and record, and [`settlement`] carries out what follows and settles the message. [`report`]
//! counts and logs it. [`give_up`] is for what has ended ten workers.

mod attempt;
mod deliver;
mod drain;
mod give_up;
mod identify;
mod intake;
mod ledger_breaker;
mod meters;
mod readiness;
mod render;
mod report;
mod settings;
mod settlement;
mod slots;
mod unread;

pub use settings::{InvalidSettings, Settings};

use std::sync::Arc;

use channels::Channels;
use domain::{Clock, RecipientHasher};
use runtime::Readiness;
use store::Store;
use templates::Templates;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use topology::{ConsumerSettings, Consumers, Publisher, Topology};

use crate::ledger_breaker::LedgerBreaker;
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
    publisher: Publisher,
    store: Store,
    channels: Channels,
    templates: Arc<Templates>,
    hasher: RecipientHasher,
    clock: Arc<dyn Clock>,
    breaker: LedgerBreaker,
    slots: Slots,
    meters: Meters,
    unread: Unread,
    /// Cancelled when the worker stops taking work: what has not been sent yet is given back.
    stopping: CancellationToken,
    deliveries: TaskTracker,
}

impl Worker {
    /// Consumes until `stop` is cancelled, then drains: takes nothing more, lets what is being sent
    /// finish within the grace period, and gives the rest back.
    pub async fn run(self, readiness: Readiness, stop: CancellationToken) {
        let (consumers, lanes) =
            Consumers::start(self.topology, intake::subscriptions(&self.settings), ConsumerSettings::default());
        let stopping = CancellationToken::new();
        let shared = Arc::new(Shared {
            slots: Slots::new(self.settings.concurrency, self.settings.bytes_in_hand),
            breaker: LedgerBreaker::new(&self.settings, stopping.clone()),
            meters: Meters::default(),
            unread: Unread::default(),
            stopping,
            deliveries: TaskTracker::new(),
            settings: self.settings,
            publisher: self.publisher,
            store: self.store,
            channels: self.channels,
            templates: self.templates,
            hasher: self.hasher,
            clock: self.clock,
        });
        let watching =
            tokio::spawn(readiness::keep_current(readiness, Arc::clone(&shared), consumers.watch(), stop.clone()));
        let intakes = TaskTracker::new();
        for incoming in lanes {
            intakes.spawn(intake::take(Arc::clone(&shared), incoming));
        }
        intakes.close();
        tokio::select! {
            () = stop.cancelled() => {}
            () = ledger_breaker::pause_while_down(&shared, &consumers) => {}
        }
        drain::drain(&shared, &consumers, &intakes).await;
        watching.abort();
        consumers.close().await;
    }
}
