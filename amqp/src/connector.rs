//! What a supervised connection needs: where the broker is, and what is prepared before each connection.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lapin::Connection;

use crate::{Broker, ConnectError};

type Prepare = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A broker, and the step that prepares it before it is published to or consumed from. Clones share the step.
#[derive(Clone)]
pub struct Connector {
    broker: Broker,
    prepare: Option<Prepare>,
    failpoints: Failpoints,
}

/// Functions that are called at steps between two effects, so that a test can end its process there. By default they do
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Failpoints {
    /// Called when a round is published and no confirm was read yet.
    pub before_confirm: fn(),
    /// Called when a message was received and is not handed out yet, with its `message_id` or an empty text.
    pub received: fn(&str),
}

impl Default for Failpoints {
    fn default() -> Self {
        Self { before_confirm: || {}, received: |_| {} }
    }
}

impl Connector {
    /// A connector that prepares nothing.
    pub fn new(broker: Broker) -> Self {
        Self { broker, prepare: None, failpoints: Failpoints::default() }
    }

    /// Runs this step before each connection. The step's error, a text for people, is a reason to wait and try again.
    #[must_use]
    pub fn prepared_by<F>(mut self, prepare: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.prepare = Some(Arc::new(move || prepare().boxed()));
        self
    }

    #[must_use]
    pub fn with_failpoints(mut self, failpoints: Failpoints) -> Self {
        self.failpoints = failpoints;
        self
    }

    pub(crate) async fn prepare(&self) -> Result<(), String> {
        match &self.prepare {
            Some(prepare) => prepare().await,
            None => Ok(()),
        }
    }

    pub(crate) async fn connect(&self, purpose: &str) -> Result<Connection, ConnectError> {
        self.broker.connect(purpose).await
    }

    pub(crate) fn broker(&self) -> &Broker {
        &self.broker
    }

    pub(crate) fn failpoints(&self) -> Failpoints {
        self.failpoints
    }
}
