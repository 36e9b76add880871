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

/// How often rounds begin for messages that may wait. Half of what acknowledgements wait for their neighbours.
const ROUND_EVERY: Duration = Duration::from_millis(5);

/// A handle to the publishing task. Clones share the task.
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
    /// How many confirm channels work side by side, so that one round waits while another is published. With 64
    /// publications at once, fewer than 8 make most of them wait for a round that is not theirs, and more gain nothing.
    pub amqp_channels: usize,
    /// The largest body, in bytes; larger ones are refused here. The same as `max_message_size` in
    /// `rabbitmq/rabbitmq.conf`.
    pub max_body_bytes: usize,
    /// How many publications may wait for a free AMQP channel.
    pub queue: usize,
}

impl PublisherSettings {
    /// The operator sets the time limit; the other values were measured.
    pub fn new(confirm_timeout: Duration) -> Self {
        Self { confirm_timeout, amqp_channels: 8, max_body_bytes: 1024 * 1024, queue: 4096 }
    }
}

/// The state of the publisher.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublisherState {
    pub connected: bool,
    /// The broker has raised a memory or disk alarm, and confirms nothing meanwhile. The broker tells only a connection
    /// that tries to publish.
    pub blocked: bool,
    /// Publications are not confirmed, although the connection stands: most nodes of a cluster may be away. Publishing
    /// may be tried all the same. The state is forgotten after 10 s without a publication.
    pub unconfirmed: bool,
    /// How many connections there were so far, this one included.
    pub generation: u64,
    /// Why there is no connection, in words for people.
    pub problem: Option<String>,
}

impl PublisherState {
    /// Whether the publisher is connected and not blocked, so that publishing may be tried.
    pub fn is_ready(&self) -> bool {
        self.connected && !self.blocked
    }

    /// What keeps this process from publishing, for probes: the text names no address. `None` when all is well.
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

/// One message to publish and to wait for its confirm.
#[derive(Clone, PartialEq, Debug)]
pub struct Publication {
    pub exchange: String,
    pub routing_key: String,
    /// Whether the message is [`PublishError::Unroutable`] instead of lost when no queue is bound for it.
    pub mandatory: bool,
    /// Whether the message may wait for neighbours that share its round: up to [`ROUND_EVERY`] after the round before. A
    /// lone message does not wait.
    pub patient: bool,
    /// The properties. Their `message_id` distinguishes the message from others that are published at once.
    pub properties: BasicProperties,
    pub body: Bytes,
    /// The kind of the message in the metric of returned messages.
    pub kind: &'static str,
}

/// The broker has not accepted a message, or nobody knows whether it has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker returned and confirmed the message: it is in no queue.
    #[error("no queue is bound for it: run `chasqui topology apply`, or restore the binding")]
    Unroutable,
    /// The broker refused the message by a negative confirm, without a reason: it is in no queue.
    #[error(
        "the broker refused it: its queue is full (let it be consumed, or raise its limit), or most of the nodes that \
         hold the queue are away"
    )]
    Refused,
    /// No confirm came in time, or the connection was lost: repeat the publish with the same message id.
    #[error("no confirm, it may or may not have been published: {0}")]
    Unknown(String),
    /// The message was not sent, because there is no connection or an alarm blocks it.
    #[error("not sent: {0}")]
    Unavailable(String),
    /// The message was not sent, and never will be.
    #[error("the {what} has {size} bytes, the limit is {limit}: shorten it")]
    TooLarge { what: &'static str, size: usize, limit: usize },
}

/// One publication that waits for its confirm, and the caller that waits for the answer.
pub struct Pending {
    publication: Publication,
    message_id: String,
    reply: oneshot::Sender<Result<(), PublishError>>,
    queued: Instant,
}

impl Publisher {
    /// Connects in the background, and connects again for ever. After `stop` the publisher accepts nothing new,
    /// finishes what it has, and closes the connection.
    pub fn start(connector: Connector, settings: PublisherSettings, stop: CancellationToken) -> Self {
        let (queue, pending) = mpsc::channel(settings.queue.max(1));
        let (state_in, state) = watch::channel(PublisherState::default());
        let settings = Arc::new(settings);
        tokio::spawn(supervise::supervise(connector, Arc::clone(&settings), pending, state_in, stop));
        Self { queue, state, settings }
    }

    /// A publisher without a broker, for tests of code that publishes: what is published arrives at the receiver, where
    /// the test answers it.
    pub fn answered_by_test(settings: PublisherSettings) -> (Self, mpsc::Receiver<Pending>) {
        let (queue, pending) = mpsc::channel(settings.queue.max(1));
        let (_, state) = watch::channel(PublisherState { connected: true, ..PublisherState::default() });
        (Self { queue, state, settings: Arc::new(settings) }, pending)
    }

    /// Returns when the broker has confirmed the message. What several callers publish meanwhile shares a round; a lone
    /// publication is sent at once.
    ///
    /// # Errors
    /// [`PublishError`]: after all but `TooLarge` the publish may be repeated with the same message id.
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

    /// Whether the publisher is connected and not blocked.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().is_ready()
    }

    /// Waits until the publisher is ready; false when it has stopped instead.
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

    /// Answers the caller. A caller that has gone wants no answer.
    pub fn answer(self, result: Result<(), PublishError>) {
        let _gone = self.reply.send(result);
    }
}

impl PublishError {
    /// The error in one word, for metrics.
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
