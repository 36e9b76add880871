//! The publisher's supervisor: one connection after the other, for ever, and the rounds on each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection, Event};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::confirming::{Change, Confirming};
use super::round::{self, ChannelEnd, Round, short};
use super::{Pending, PublisherSettings, PublisherState, ROUND_EVERY, unavailable};
use crate::Connector;
use crate::backoff::Backoff;
use crate::wire::told;

/// The time limit for opening an AMQP channel and for closing a connection.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that lasted this long was a good one: the next back-off starts from the beginning.
const GOOD: Duration = Duration::from_secs(5);

pub(super) async fn supervise(
    connector: Connector,
    settings: Arc<PublisherSettings>,
    mut jobs: mpsc::Receiver<Pending>,
    state: watch::Sender<PublisherState>,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(&connector.broker().connection_name("publish"));
    let mut confirming = Confirming::new(Instant::now());
    while !stop.is_cancelled() && !jobs.is_closed() {
        let connected = refusing(&mut jobs, &state, &stop, connect(&connector, settings.amqp_channels)).await;
        let problem = match connected {
            None => break,
            Some(Err(problem)) => problem,
            Some(Ok((connection, channels))) => {
                let begun = Instant::now();
                state.send_modify(|state| {
                    let generation = state.generation + 1;
                    *state = PublisherState { connected: true, generation, ..PublisherState::default() };
                });
                metrics::counter!("chasqui_publisher_generations_total").increment(1);
                let mut generation =
                    Generation::new(&connector, &settings, &state, &mut confirming, &connection, channels);
                let ended = generation.run(&mut jobs, &stop).await;
                if timeout(STEP_TIMEOUT, connection.close(200, "done".into())).await.is_err() {
                    tracing::debug!("the broker did not answer the close of the publishing connection");
                }
                if begun.elapsed() > GOOD {
                    backoff.reset();
                }
                match ended {
                    None => break,
                    Some(problem) => problem,
                }
            }
        };
        tracing::warn!(broker = %connector.broker().address(), problem, "not publishing; connecting again");
        state.send_modify(|state| {
            *state =
                PublisherState { generation: state.generation, problem: Some(problem), ..PublisherState::default() };
        });
        if refusing(&mut jobs, &state, &stop, tokio::time::sleep(backoff.next())).await.is_none() {
            break;
        }
    }
    state.send_modify(|state| {
        let problem = Some("the publisher has stopped".into());
        *state = PublisherState { generation: state.generation, problem, ..PublisherState::default() };
    });
    jobs.close();
    while let Some(job) = jobs.recv().await {
        job.answer(Err(unavailable(&state.borrow())));
    }
}

/// Awaits something, and answers every job "unavailable" meanwhile. `None` when it is time to stop.
async fn refusing<T>(
    jobs: &mut mpsc::Receiver<Pending>,
    state: &watch::Sender<PublisherState>,
    stop: &CancellationToken,
    awaited: impl Future<Output = T>,
) -> Option<T> {
    tokio::pin!(awaited);
    loop {
        tokio::select! {
            done = &mut awaited => return Some(done),
            () = stop.cancelled() => return None,
            job = jobs.recv() => job?.answer(Err(unavailable(&state.borrow()))),
        }
    }
}

async fn connect(connector: &Connector, channels: usize) -> Result<(Connection, Vec<Channel>), String> {
    connector.prepare().await?;
    let connection = connector.connect("publish").await.map_err(|error| error.to_string())?;
    let mut open = Vec::new();
    for _ in 0..channels.max(1) {
        open.push(open_channel(&connection).await?);
    }
    Ok((connection, open))
}

async fn open_channel(connection: &Connection) -> Result<Channel, String> {
    let opening = async {
        let amqp = connection.create_channel().await?;
        amqp.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok::<_, lapin::Error>(amqp)
    };
    match timeout(STEP_TIMEOUT, opening).await {
        Ok(opened) => opened.map_err(|error| format!("no confirm channel: {}", told(&error))),
        Err(_) => Err("no confirm channel: the broker did not answer in time".into()),
    }
}

/// One connection with its confirm channels.
struct Generation<'a> {
    connector: &'a Connector,
    settings: &'a PublisherSettings,
    state: &'a watch::Sender<PublisherState>,
    confirming: &'a mut Confirming,
    connection: &'a Connection,
    idle: Vec<Channel>,
    rounds: JoinSet<Round>,
    waiting: VecDeque<Pending>,
    /// When the last round began.
    begun: Instant,
}

impl<'a> Generation<'a> {
    fn new(
        connector: &'a Connector,
        settings: &'a PublisherSettings,
        state: &'a watch::Sender<PublisherState>,
        confirming: &'a mut Confirming,
        connection: &'a Connection,
        idle: Vec<Channel>,
    ) -> Self {
        Self {
            connector,
            settings,
            state,
            confirming,
            connection,
            idle,
            rounds: JoinSet::new(),
            waiting: VecDeque::new(),
            begun: Instant::now(),
        }
    }

    /// Runs until the connection can no longer be used, and says why then, or until everything is done after `stop`.
    async fn run(&mut self, jobs: &mut mpsc::Receiver<Pending>, stop: &CancellationToken) -> Option<String> {
        let mut events = self.connection.events_listener();
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let mut open = true;
        let problem = loop {
            if !open && self.waiting.is_empty() && self.rounds.is_empty() {
                break None;
            }
            let patient_until = self.patient_until().filter(|_| open);
            if patient_until.is_none()
                && let Err(problem) = self.begin_rounds(jobs)
            {
                break Some(problem);
            }
            let wants_more = open && patient_until.is_none() && (!self.idle.is_empty() || self.is_blocked());
            tokio::select! {
                () = sleep_until(patient_until.unwrap_or(self.begun)), if patient_until.is_some() => {}
                () = stop.cancelled(), if !jobs.is_closed() => self.stop_taking(jobs),
                job = jobs.recv(), if wants_more => match job {
                    Some(job) => self.waiting.push_back(job),
                    None => open = false,
                },
                Some(ended) = self.rounds.join_next() => if let Err(problem) = self.end_round(ended).await {
                    break Some(problem);
                },
                event = events.next() => if let Some(problem) = self.note(event) {
                    break Some(problem);
                },
                _ = tick.tick() => if let Some(problem) = self.check() {
                    break Some(problem);
                },
            }
        };
        self.finish(problem).await
    }

    /// Waits for the running rounds, which end by their own deadlines. Jobs that are not in a round were not sent.
    async fn finish(&mut self, problem: Option<String>) -> Option<String> {
        if let Some(problem) = &problem {
            self.state.send_modify(|state| (state.connected, state.problem) = (false, Some(problem.clone())));
        }
        for job in self.waiting.drain(..) {
            job.answer(Err(unavailable(&self.state.borrow())));
        }
        while self.rounds.join_next().await.is_some() {}
        problem
    }

    fn stop_taking(&mut self, jobs: &mut mpsc::Receiver<Pending>) {
        self.state.send_modify(|state| {
            (state.connected, state.problem) = (false, Some("the publisher is stopping".into()));
        });
        jobs.close();
    }

    /// Until when what waits may wait for its neighbours, if it may. They are not received one by one meanwhile: each would
    /// wake this task, which costs more than to publish it.
    fn patient_until(&self) -> Option<Instant> {
        let is_patient = self.waiting.front().is_some_and(|job| job.publication.patient) && !self.is_blocked();
        Some(self.begun + ROUND_EVERY).filter(|until| is_patient && *until > Instant::now())
    }

    /// Begins as many rounds as there are jobs and idle channels. A round takes what is queued already, and waits for
    /// nothing.
    fn begin_rounds(&mut self, jobs: &mut mpsc::Receiver<Pending>) -> Result<(), String> {
        if self.is_blocked() {
            for job in self.waiting.drain(..) {
                job.answer(Err(unavailable(&self.state.borrow())));
            }
        }
        while !self.waiting.is_empty() {
            let Some(amqp) = self.idle.pop() else { break };
            if !amqp.status().connected() {
                return Err("a confirm channel was closed".into());
            }
            while self.waiting.len() < self.settings.queue.max(256) {
                let Ok(job) = jobs.try_recv() else { break };
                self.waiting.push_back(job);
            }
            let batch = round::next_jobs(&mut self.waiting, self.settings.confirm_timeout);
            if batch.is_empty() {
                self.idle.push(amqp);
                continue;
            }
            self.begun = Instant::now();
            let user = self.connector.broker().user_id().map(short);
            let settings = round::Settings {
                user,
                confirm_timeout: self.settings.confirm_timeout,
                before_confirm: self.connector.failpoints().before_confirm,
            };
            self.rounds.spawn(round::run(amqp, batch, settings, self.state.subscribe()));
        }
        Ok(())
    }

    async fn end_round(&mut self, ended: Result<Round, tokio::task::JoinError>) -> Result<(), String> {
        let Ok(Round { ended, heard }) = ended else {
            self.idle.push(open_channel(self.connection).await?);
            return Ok(());
        };
        let now = Instant::now();
        let broker = self.connector.broker().address();
        match self.confirming.note(heard, now) {
            Some(Change::Stops(why)) => tracing::warn!(
                broker,
                why,
                "the broker is connected but confirms nothing: most of its nodes may be away, or its queues full; \
                 publishing again and again"
            ),
            Some(Change::GoesOn(after)) => {
                tracing::info!(broker, seconds = after.as_secs(), "the broker confirms again")
            }
            None => {}
        }
        self.show_unconfirmed(now);
        match ended {
            ChannelEnd::Idle(amqp) => self.idle.push(amqp),
            ChannelEnd::Missing(exchange) => return Err(format!("exchange '{exchange}' is missing")),
            ChannelEnd::Lost => self.idle.push(open_channel(self.connection).await?),
        }
        Ok(())
    }

    fn show_unconfirmed(&self, now: Instant) {
        let unconfirmed = self.confirming.is_unconfirmed(now);
        self.state.send_if_modified(|state| std::mem::replace(&mut state.unconfirmed, unconfirmed) != unconfirmed);
    }

    fn is_blocked(&self) -> bool {
        self.state.borrow().blocked
    }

    fn note(&self, event: Option<Event>) -> Option<String> {
        match event {
            Some(Event::ConnectionBlocked(reason)) => {
                tracing::warn!(reason, "the broker has raised an alarm and takes no messages");
                self.state.send_modify(|state| state.blocked = true);
                None
            }
            Some(Event::ConnectionUnblocked) => {
                tracing::info!("the broker takes messages again");
                self.state.send_modify(|state| state.blocked = false);
                None
            }
            Some(Event::Error(error)) if !self.connection.status().connected() => Some(told(&error)),
            Some(_) => None,
            None => Some("the connection has ended".into()),
        }
    }

    fn check(&self) -> Option<String> {
        let status = self.connection.status();
        if !status.connected() {
            return Some("the connection to the broker was lost".into());
        }
        if status.blocked() {
            metrics::counter!("chasqui_publisher_blocked_seconds_total").increment(1);
        }
        self.show_unconfirmed(Instant::now());
        let blocked = status.blocked();
        self.state.send_if_modified(|state| std::mem::replace(&mut state.blocked, blocked) != blocked);
        None
    }
}
