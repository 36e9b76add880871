//! Commands to services that take them over AMQP, as they are given to whoever knows the broker.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::SecretString;

/// A command as it is published for a service.
pub struct Dispatch {
    pub service: String,
    /// Its id, by which the service knows a second copy.
    pub command: String,
    pub correlation_id: Option<String>,
    /// By which the service believes it.
    pub token: SecretString,
    /// JSON.
    pub body: String,
}

/// Why a command is in no queue, or why nobody knows whether it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotPublished {
    /// No queue is bound for the service.
    Unroutable,
    /// Its queue has refused it.
    Refused,
    /// The broker takes nothing now.
    Unavailable,
    /// It may be in the service's queue.
    Unknown,
    /// It never will be.
    TooLarge,
}

/// What is there once the broker has answered.
pub type Published = Pin<Box<dyn Future<Output = Result<(), NotPublished>> + Send>>;

/// Publishes a command, and waits for the confirm of the broker.
#[derive(Clone)]
pub struct Publishing(Arc<dyn Fn(Dispatch) -> Published + Send + Sync>);

impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Publishing")
    }
}

impl Publishing {
    pub fn by(publish: impl Fn(Dispatch) -> Published + Send + Sync + 'static) -> Self {
        Self(Arc::new(publish))
    }

    pub fn publish(&self, dispatch: Dispatch) -> Published {
        (self.0)(dispatch)
    }
}
