//! Looks how many messages a queue has.

use amqp::{Broker, Depth, Refusal, Session};

use crate::TopologyError;

/// `None` when there is no such queue.
///
/// # Errors
/// [`TopologyError`] when the broker cannot be asked.
pub async fn depth(broker: &Broker, queue: &str) -> Result<Option<Depth>, TopologyError> {
    let mut session = Session::open(broker).await?;
    let depth = session.depth(queue).await;
    session.close().await;
    match depth {
        Ok(depth) => Ok(Some(depth)),
        Err(Refusal::Missing) => Ok(None),
        Err(other) => Err(TopologyError::of(other, broker, &format!("looking at queue '{queue}'"))),
    }
}
