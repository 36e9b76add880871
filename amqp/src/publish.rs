//! Publishes with confirms, over a connection of its own that comes back by itself.

mod confirming;
mod round;
mod supervise;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::ShortString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Connector;

/// A handle to the publishing task; clones share it.
#[derive(Clone)]
pub struct Publisher {
    queue: mpsc::Sender<Pending>,
    state: watch::Receiver<PublisherState>,
    settings: Arc<PublisherSettings>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublisherSettings {
    /// `AMQP_CONFIRM_TIMEOUT_SECONDS`: how long to wait for a confirm.
    pub confirm_timeout: Duration,
    /// Confirm channels working side by side; they hide each other's wait. With 64 publications at once, fewer than
    /// 8 make most of them wait for a round that is not theirs, and more gain nothing.
    pub amqp_channels: usize,
    /// Bytes; larger bodies are refused here. As many as `max_message_size` of `rabbitmq/rabbitmq.conf`.
    pub max_body_bytes: usize,
    /// Publications waiting for a free AMQP channel.
    pub queue: usize,
}

impl PublisherSettings {
    /// What is no setting of the operator has its measured value.
    pub fn new(confirm_timeout: Duration) -> Self {
        Self { confirm_timeout, amqp_channels: 8, max_body_bytes: 1024 * 1024, queue: 4096 }
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

/// One message to publish, confirmed.
#[derive(Clone, PartialEq, Debug)]
pub struct Publication {
    pub exchange: String,
    pub routing_key: String,
    /// Where no queue is bound for it, it is [`PublishError::Unroutable`] instead of gone.
    pub mandatory: bool,
    /// The `message_id` tells it from the others that are published at once.
    pub properties: BasicProperties,
    pub body: Bytes,
    /// What it is called in the metric of returned messages.
    pub kind: &'static str,
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
pub struct Pending {
    publication: Publication,
    message_id: String,
    reply: oneshot::Sender<Result<(), PublishError>>,
    queued: Instant,
}

impl Publisher {
    /// Connects in the background, and again for ever. After `stop` it takes nothing new, finishes what it has, and
    /// closes the connection.
    pub fn start(connector: Connector, settings: PublisherSettings, stop: CancellationToken) -> Self {
        let (queue, pending) = mpsc::channel(settings.queue.max(1));
        let (state_in, state) = watch::channel(PublisherState::default());
        let settings = Arc::new(settings);
        tokio::spawn(supervise::supervise(connector, Arc::clone(&settings), pending, state_in, stop));
        Self { queue, state, settings }
    }

    /// Not connected to a broker: what is published comes out of the receiver, and is to be answered there. For tests of
    /// whoever publishes.
    pub fn answered_by_test(settings: PublisherSettings) -> (Self, mpsc::Receiver<Pending>) {
        let (queue, pending) = mpsc::channel(settings.queue.max(1));
        let (_, state) = watch::channel(PublisherState { connected: true, ..PublisherState::default() });
        (Self { queue, state, settings: Arc::new(settings) }, pending)
    }

    /// Returns when the broker has confirmed it. What several callers publish meanwhile shares a round; a lone
    /// publication goes at once.
    ///
    /// # Errors
    /// See [`PublishError`]: after all but `TooLarge` it may be repeated with the same message id.
    pub async fn publish(&self, publication: Publication) -> Result<(), PublishError> {
        let queued = Instant::now();
        publication.check(&self.settings)?;
        {
            let state = self.state.borrow();
            if !state.is_ready() {
                return Err(unavailable(&state));
            }
        }
        let (reply, answer) = oneshot::channel();
        let message_id = publication.message_id().to_owned();
        let pending = Pending { publication, message_id, reply, queued };
        match tokio::time::timeout(self.settings.confirm_timeout, self.queue.send(pending)).await {
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
    fn message_id(&self) -> &str {
        self.properties.message_id().as_ref().map(ShortString::as_str).unwrap_or_default()
    }

    fn check(&self, settings: &PublisherSettings) -> Result<(), PublishError> {
        let limits = [("body", self.body.len(), settings.max_body_bytes), ("routing key", self.routing_key.len(), 255)];
        match limits.into_iter().find(|(_, size, limit)| size > limit) {
            Some((what, size, limit)) => Err(PublishError::TooLarge { what, size, limit }),
            None => Ok(()),
        }
    }
}

impl Pending {
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The caller may have gone; then nobody wants the answer.
    pub fn answer(self, result: Result<(), PublishError>) {
        let _gone = self.reply.send(result);
    }
}

impl PublishError {
    /// In a word, for metrics.
    pub const fn as_str(&self) -> &'static str {
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
