//! Publishes with confirms, over a connection of its own that comes back by itself.

mod confirming;
mod insist;
mod meters;
mod round;
mod supervise;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Headers, Lane};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::meters::Meters;
use crate::{Carried, Names, Topology};

pub use insist::Insisted;

/// A handle to the publishing task; clones share it.
#[derive(Clone)]
pub struct Publisher {
    jobs: mpsc::Sender<Job>,
    state: watch::Receiver<PublisherState>,
    settings: Arc<PublisherSettings>,
    meters: Arc<Meters>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublisherSettings {
    /// `AMQP_CONFIRM_TIMEOUT_SECONDS`: how long to wait for a confirm.
    pub confirm_timeout: Duration,
    /// Confirm channels working side by side; they hide each other's wait. With 64 publications at once, fewer than
    /// 8 make most of them wait for a round that is not theirs, and more gain nothing.
    pub amqp_channels: usize,
    /// Bytes; larger bodies are refused here.
    pub max_body_bytes: usize,
    /// Publications waiting for a free AMQP channel.
    pub queue: usize,
}

impl PublisherSettings {
    /// What is no setting of the operator has its measured value.
    pub fn new(confirm_timeout: Duration) -> Self {
        Self { confirm_timeout, amqp_channels: 8, max_body_bytes: domain::MAX_BODY_BYTES, queue: 4096 }
    }
}

/// How the publisher stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublisherState {
    pub connected: bool,
    /// The broker has raised a memory or disk alarm: nothing is confirmed meanwhile. The broker tells this only to
    /// a connection that tries to publish.
    pub blocked: bool,
    /// What is published is not confirmed, although the connection stands: most of a cluster's nodes may be away. It may
    /// be tried all the same. Forgotten after 10 s in which nothing was published.
    pub unconfirmed: bool,
    /// Connections so far, this one included.
    pub generation: u64,
    /// Why there is no connection, for people.
    pub problem: Option<String>,
}

impl PublisherState {
    /// Connected and not blocked: publishing may be tried.
    pub fn is_ready(&self) -> bool {
        self.connected && !self.blocked
    }

    /// What keeps this process from publishing, for probes: it names no address. `None` when all is well.
    pub fn missing(&self) -> Option<&'static str> {
        if !self.connected {
            return Some("no connection to the broker");
        }
        if self.blocked {
            return Some("the broker has raised a memory or disk alarm and takes no messages");
        }
        let unconfirmed =
            "the broker is connected but confirms nothing: most of its nodes may be away, or its queues full";
        self.unconfirmed.then_some(unconfirmed)
    }
}

/// One message to publish: persistent, mandatory (but for events), confirmed.
#[derive(Clone, PartialEq, Debug)]
pub struct Publication {
    pub to: To,
    pub message_id: String,
    pub body: Bytes,
    pub headers: Headers,
    pub carried: Carried,
}

/// Where to. `Retry` and `DeadLetter` use the key of `headers.lane` (normal when absent), so that the way back leads
/// to that lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum To {
    Lane(Lane),
    /// 1 to 3.
    Retry(u8),
    Scheduled,
    DeadLetter,
    /// To the events exchange with this routing key; never mandatory.
    Event(String),
}

/// The broker has not taken it, or nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PublishError {
    /// Confirmed and returned: it is nowhere.
    #[error("no queue is bound for it: run `chasqui topology apply`, or restore the binding")]
    Unroutable,
    /// A negative confirm: it is nowhere. RabbitMQ does not say why.
    #[error(
        "the broker refused it: its queue is full (let it be consumed, or raise its limit), or most of the nodes that \
         hold the queue are away"
    )]
    Refused,
    /// No confirm in time, or the connection was lost: repeat it with the same message id.
    #[error("no confirm, it may or may not have been published: {0}")]
    Unknown(String),
    /// Not connected, or blocked by an alarm.
    #[error("not sent: {0}")]
    Unavailable(String),
    /// Not sent, and never will be.
    #[error("the {what} has {size} bytes, the limit is {limit}: shorten it")]
    TooLarge { what: &'static str, size: usize, limit: usize },
}

/// One publication on its way, and who waits for it.
struct Job {
    publication: Publication,
    reply: oneshot::Sender<Result<(), PublishError>>,
    queued: Instant,
}

impl Publisher {
    /// Connects in the background, and again for ever. After `stop` it takes nothing new, finishes what it has, and
    /// closes the connection.
    pub fn start(topology: Topology, settings: PublisherSettings, stop: CancellationToken) -> Self {
        let (jobs, queue) = mpsc::channel(settings.queue.max(1));
        let (state_in, state) = watch::channel(PublisherState::default());
        let settings = Arc::new(settings);
        tokio::spawn(supervise::supervise(topology, Arc::clone(&settings), queue, state_in, stop));
        Self { jobs, state, settings, meters: Arc::default() }
    }

    /// Returns when the broker has confirmed it. What several callers publish meanwhile shares a round; a lone
    /// publication goes at once.
    ///
    /// # Errors
    /// See [`PublishError`]: after all but `TooLarge` it may be repeated with the same message id.
    pub async fn publish(&self, publication: Publication) -> Result<(), PublishError> {
        let to = publication.to.as_str();
        let begun = Instant::now();
        let result = self.hand_in(publication, begun).await;
        self.meters.record(to, &result, begun.elapsed());
        result
    }

    async fn hand_in(&self, publication: Publication, queued: Instant) -> Result<(), PublishError> {
        publication.check(&self.settings)?;
        {
            let state = self.state.borrow();
            if !state.is_ready() {
                return Err(unavailable(&state));
            }
        }
        let (reply, answer) = oneshot::channel();
        let job = Job { publication, reply, queued };
        match tokio::time::timeout(self.settings.confirm_timeout, self.jobs.send(job)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(PublishError::Unavailable("the publisher has stopped".into())),
            Err(_) => return Err(PublishError::Unavailable("too many publications are waiting: slow down".into())),
        }
        answer.await.unwrap_or_else(|_| Err(PublishError::Unknown("the publishing task ended".into())))
    }

    /// Connected and not blocked.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().is_ready()
    }

    /// Waits until it is ready; false when it has stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.watch().wait_for(PublisherState::is_ready).await.is_ok()
    }

    pub fn watch(&self) -> watch::Receiver<PublisherState> {
        self.state.clone()
    }
}

impl Publication {
    fn check(&self, settings: &PublisherSettings) -> Result<(), PublishError> {
        let key = if let To::Event(key) = &self.to { key.len() } else { 0 };
        let limits = [
            ("body", self.body.len(), settings.max_body_bytes),
            ("message id", self.message_id.len(), 255),
            ("routing key", key, 255),
        ];
        match limits.into_iter().find(|(_, size, limit)| size > limit) {
            Some((what, size, limit)) => Err(PublishError::TooLarge { what, size, limit }),
            None => Ok(()),
        }
    }
}

impl To {
    /// Exchange and routing key.
    fn address(&self, headers: &Headers, names: &Names) -> (String, String) {
        let lane_key = || names.lane_key(headers.lane.unwrap_or_default());
        match self {
            Self::Lane(lane) => (names.exchange.clone(), names.lane_key(*lane)),
            Self::Retry(tier) => (names.retry_exchange(*tier), lane_key()),
            Self::Scheduled => (names.exchange.clone(), names.scheduled_key()),
            Self::DeadLetter => (names.dead_letter_exchange(), lane_key()),
            Self::Event(key) => (names.events_exchange(), key.clone()),
        }
    }

    const fn is_mandatory(&self) -> bool {
        !matches!(self, Self::Event(_))
    }

    const KINDS: [&str; 5] = ["lane", "retry", "scheduled", "dead_letter", "event"];

    /// For metrics: one of [`To::KINDS`].
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Lane(_) => "lane",
            Self::Retry(_) => "retry",
            Self::Scheduled => "scheduled",
            Self::DeadLetter => "dead_letter",
            Self::Event(_) => "event",
        }
    }
}

impl PublishError {
    /// For metrics.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Unroutable => "unroutable",
            Self::Refused => "refused",
            Self::Unknown(_) => "unknown",
            Self::Unavailable(_) => "unavailable",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

fn unavailable(state: &PublisherState) -> PublishError {
    let why = match (&state.problem, state.blocked) {
        (Some(problem), _) => problem.clone(),
        (None, true) => {
            "the broker has raised a memory or disk alarm and takes no messages: free memory or disk".into()
        }
        (None, false) => "not connected to the broker yet".into(),
    };
    PublishError::Unavailable(why)
}
