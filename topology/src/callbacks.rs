//! The queue of the events that endpoints are told of. It is bound while there are endpoints: events that nobody wants
//! cost the broker nothing.

use amqp::{Binding, Session};

use crate::{Topology, TopologyError};

/// Every event of every tenant.
const ALL: &str = "#";

impl Topology {
    /// Has the queue get every event from now on, or none. Asked twice, it changes nothing.
    ///
    /// # Errors
    /// [`TopologyError`] when the broker cannot be asked, has no such queue, or refuses.
    pub async fn let_callbacks_in(&self, wanted: bool) -> Result<(), TopologyError> {
        let (exchange, queue) = (self.names.events_exchange(), self.names.callbacks_queue());
        let doing = format!("binding queue '{queue}' to exchange '{exchange}', or unbinding it");
        let binding = Binding { exchange, queue, routing_key: ALL.to_owned() };
        let mut session = Session::open(&self.broker).await?;
        let done = if wanted { session.bind(&binding).await } else { session.unbind(&binding).await };
        session.close().await;
        done.map_err(|refusal| TopologyError::of(refusal, &self.broker, &doing))
    }
}
