//! What a supervised connection stands on: where the broker is, and what is made sure of before each connection.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lapin::Connection;

use crate::{Broker, ConnectError};

type Prepare = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A broker, and what must be so there before it is published to or consumed from; clones share it.
#[derive(Clone)]
pub struct Connector {
    broker: Broker,
    prepare: Option<Prepare>,
    failpoints: Failpoints,
}

/// Steps at which whoever tests a process may end it. They do nothing by default.
#[derive(Clone, Copy, Debug)]
pub struct Failpoints {
    /// A round is published, and no confirm was read yet.
    pub before_confirm: fn(),
    /// A message has been received and is not handed out yet. It gets the `message_id`, or an empty text.
    pub received: fn(&str),
}

impl Default for Failpoints {
    fn default() -> Self {
        Self { before_confirm: || {}, received: |_| {} }
    }
}

impl Connector {
    /// Nothing is made sure of.
    pub fn new(broker: Broker) -> Self {
        Self { broker, prepare: None, failpoints: Failpoints::default() }
    }

    /// Before each connection this is done. Its error, in words for people, is a reason to wait and try again.
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
