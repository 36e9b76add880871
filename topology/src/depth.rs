//! Looks how many messages queues have.

use amqp::{Broker, Depth, Refusal, Session};

use crate::TopologyError;

/// A connection to look at queues over, again and again.
pub struct Depths<'a> {
    broker: &'a Broker,
    session: Session<'a>,
}

impl<'a> Depths<'a> {
    /// # Errors
    /// [`TopologyError`] when the broker cannot be asked.
    pub async fn open(broker: &'a Broker) -> Result<Self, TopologyError> {
        Ok(Self { broker, session: Session::open(broker).await? })
    }

    /// `None` when there is no such queue.
    ///
    /// # Errors
    /// [`TopologyError`] when the broker cannot be asked. The connection is of no use then.
    pub async fn of(&mut self, queue: &str) -> Result<Option<Depth>, TopologyError> {
        match self.session.depth(queue).await {
            Ok(depth) => Ok(Some(depth)),
            Err(Refusal::Missing) => Ok(None),
            Err(other) => Err(TopologyError::of(other, self.broker, &format!("looking at queue '{queue}'"))),
        }
    }

    pub async fn close(self) {
        self.session.close().await;
    }
}

/// `None` when there is no such queue.
///
/// # Errors
/// [`TopologyError`] when the broker cannot be asked.
pub async fn depth(broker: &Broker, queue: &str) -> Result<Option<Depth>, TopologyError> {
    let mut depths = Depths::open(broker).await?;
    let depth = depths.of(queue).await;
    depths.close().await;
    depth
}
