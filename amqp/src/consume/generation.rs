//! A generation, which is one consuming connection: it has an AMQP channel, an intake and a settling task for each
//! source.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use lapin::Connection;
use lapin::types::ShortString;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::queue_consumer::{Ended, Held, QueueConsumer};
use super::turn::Turn;
use super::window::Window;
use super::{ConsumerSettings, ConsumersState, Control, Subscription};
use crate::Connector;
use crate::settle::settle;

const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// The parts that each generation borrows and that outlive it.
pub(super) struct Setup<'a, T> {
    pub(super) connector: &'a Connector,
    pub(super) subscriptions: &'a [Subscription<T>],
    /// One sender for each subscription.
    pub(super) senders: &'a [mpsc::Sender<T>],
    pub(super) control: &'a watch::Receiver<Control>,
    pub(super) state: &'a watch::Sender<ConsumersState>,
    /// How many connections there were before.
    pub(super) generation: u64,
    /// See [`ConsumerSettings::held_bytes`].
    pub(super) held_bytes: Option<usize>,
}

impl<T> Setup<'_, T> {
    /// How many bytes of a subscription may wait: its share by the prefetch.
    fn held_bytes_of(&self, subscription: &Subscription<T>) -> Option<usize> {
        let all: usize = self.subscriptions.iter().map(|one| usize::from(one.prefetch)).sum();
        self.held_bytes.map(|bytes| bytes.saturating_mul(usize::from(subscription.prefetch)) / all.max(1))
    }
}

pub(super) struct Generation {
    connection: Connection,
    intakes: JoinSet<Result<(), Ended>>,
    settling: JoinSet<()>,
    /// Ends the settling tasks at once: what they have not sent is not sent.
    over: CancellationToken,
    /// Ends the settling tasks when they have sent what was requested.
    closing: CancellationToken,
}

impl Generation {
    pub(super) async fn begin<T: Send + 'static>(setup: Setup<'_, T>, prepare: bool) -> Result<Self, Ended> {
        if prepare {
            setup.connector.prepare().await.map_err(|error| Ended::from(error.as_str()))?;
        }
        let connection = setup.connector.connect("consume").await;
        let connection = connection.map_err(|error| Ended::from(error.to_string().as_str()))?;
        let mut generation = Self {
            connection,
            intakes: JoinSet::new(),
            settling: JoinSet::new(),
            over: CancellationToken::new(),
            closing: CancellationToken::new(),
        };
        let turns = Turn::all(setup.subscriptions.len());
        let sources = setup.subscriptions.iter().zip(setup.senders).zip(turns);
        for (at, ((subscription, handout), turn)) in sources.enumerate() {
            generation.subscribe(&setup, at, turn, subscription, handout.clone()).await?;
        }
        Ok(generation)
    }

    async fn subscribe<T: Send + 'static>(
        &mut self,
        setup: &Setup<'_, T>,
        at: usize,
        turn: Turn,
        subscription: &Subscription<T>,
        handout: mpsc::Sender<T>,
    ) -> Result<(), Ended> {
        let amqp = match timeout(STEP_TIMEOUT, self.connection.create_channel()).await {
            Ok(amqp) => amqp.map_err(|error| Ended::from(&error))?,
            Err(_) => return Err("opening an AMQP channel: the broker did not answer in time".into()),
        };
        let (requests, requested) = mpsc::unbounded_channel();
        let queue = ShortString::try_new(subscription.queue_of(setup.generation)).unwrap_or_default();
        let (prefetch, over, closing) = (subscription.prefetch, self.over.clone(), self.closing.clone());
        let settled = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&settled);
        self.settling.spawn(settle(amqp.clone(), queue.clone(), prefetch, requested, counted, over, closing));
        let intake = QueueConsumer {
            amqp,
            queue,
            own: subscription.own.clone(),
            name: subscription.name,
            window: Window::new(prefetch, setup.held_bytes_of(subscription)),
            read: Arc::clone(&subscription.read),
            turn,
            received: setup.connector.failpoints().received,
            control: setup.control.clone(),
            handout,
            requests,
            held: Held::default(),
            settled,
            consumers: 0,
            state: setup.state.clone(),
        };
        let state = setup.state.clone();
        self.intakes.spawn(intake.run(move || consumed(&state, at)));
        Ok(())
    }

    /// Runs until the connection can no longer be used; `Ok` when every intake is drained.
    pub(super) async fn run(
        &mut self,
        settings: &ConsumerSettings,
        mut control: watch::Receiver<Control>,
    ) -> Result<(), Ended> {
        let mut watched = Watched::default();
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                ended = self.intakes.join_next() => match ended {
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(ended))) => return Err(ended),
                    Some(Err(panicked)) => return Err(panicked.to_string().as_str().into()),
                    None => return Ok(()),
                },
                _ = tick.tick() => watched.check(&self.connection, *control.borrow_and_update(), settings)?,
            }
        }
    }

    /// After a drain, keeps the connection for acks until `Closing`, then sends what was requested.
    pub(super) async fn linger(mut self, control: &mut watch::Receiver<Control>) {
        let _handle_dropped = control.wait_for(|control| *control == Control::Closing).await.is_err();
        self.closing.cancel();
        let settled = async { while self.settling.join_next().await.is_some() {} };
        if timeout(STEP_TIMEOUT, settled).await.is_err() {
            tracing::warn!("some messages could not be settled before closing; they will come again");
        }
        self.end().await;
    }

    /// Ends the connection. Acks that were not sent are answered false.
    pub(super) async fn end(self) {
        self.over.cancel();
        let Self { connection, intakes, settling, .. } = self;
        drop((intakes, settling));
        if timeout(STEP_TIMEOUT, connection.close(200, "done".into())).await.is_err() {
            tracing::debug!("the broker did not answer the close of the consuming connection");
        }
    }
}

fn consumed(state: &watch::Sender<ConsumersState>, at: usize) {
    state.send_modify(|state| {
        if let Some((_, consumed)) = state.consuming.get_mut(at) {
            *consumed = true;
        }
        state.problem = None;
    });
}

/// Since when two states last that end the generation when they last too long. They are checked once a second.
#[derive(Default)]
struct Watched {
    blocked_since: Option<Instant>,
    paused_since: Option<Instant>,
}

impl Watched {
    fn check(&mut self, connection: &Connection, control: Control, settings: &ConsumerSettings) -> Result<(), Ended> {
        let status = connection.status();
        if !status.connected() {
            return Err("the connection to the broker was lost".into());
        }
        if lasted(&mut self.blocked_since, status.blocked()) > settings.blocked_limit {
            return Err("the broker blocks the connection".into());
        }
        if lasted(&mut self.paused_since, control == Control::Paused) > settings.hold_limit {
            return Err("messages were held for too long while intake was paused".into());
        }
        Ok(())
    }
}

fn lasted(since: &mut Option<Instant>, holds: bool) -> Duration {
    if !holds {
        *since = None;
        return Duration::ZERO;
    }
    since.get_or_insert_with(Instant::now).elapsed()
}
