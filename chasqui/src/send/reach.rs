//! Looks, before anything is published, whether the broker is there and as it must be.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep, timeout_at};
use topology::{Mode, Topology, TopologyError};

/// How long to wait for a broker that is not there yet.
const PATIENCE: Duration = Duration::from_secs(10);
const TRY_EVERY: Duration = Duration::from_millis(500);

/// Returns when the broker can be published to.
///
/// # Errors
/// What somebody must change, such as a wrong password or a queue with other arguments, at once and in one text: no
/// later try would end otherwise. Or, after [`PATIENCE`], why there is no connection.
pub(super) async fn reach(topology: &Topology) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut problem = None;
    loop {
        match timeout_at(deadline, reached(topology)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if error.may_pass() => problem = Some(error),
            // The kind of the error is left behind: to whoever sends, a broker that differs is no answer.
            Ok(Err(error)) => bail!("nothing was sent: {error}"),
            Err(_) => {}
        }
        if timeout_at(deadline, sleep(TRY_EVERY)).await.is_err() {
            let problem = problem.map_or_else(|| "it does not answer".to_owned(), |error| error.to_string());
            bail!("nothing was sent: no connection to the broker: {problem}");
        }
    }
}

async fn reached(topology: &Topology) -> Result<(), TopologyError> {
    if topology.mode == Mode::Off {
        // Nothing is looked at then; a connection alone tells of a wrong password.
        return topology.broker.connect("send").await.map(drop).map_err(TopologyError::from);
    }
    topology.ready().await
}
