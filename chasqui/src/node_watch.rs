//! The private RabbitMQ node of `chasqui up`, which nobody else looks after: it is started again when it dies.

use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow};
use embedded::PrivateBroker;
use tokio_util::sync::CancellationToken;

/// The most starts of a node that dies, within [`WITHIN`]: one that dies at once would else be started for ever.
const MAX_STARTS: usize = 3;
const WITHIN: Duration = Duration::from_secs(10 * 60);
/// The wait after a death. Whoever stops everything at once, such as a system that shuts down, has stopped this process
/// by then too, and nothing has died.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the node again whenever it has died, until `over`. A node that is ended after that has not died.
///
/// # Errors
/// When it has died too often, with why it did so the last time.
pub(crate) async fn keep(node: Option<&mut PrivateBroker>, over: &CancellationToken) -> Result<()> {
    let Some(node) = node else { return Ok(()) };
    tokio::select! {
        () = over.cancelled() => Ok(()),
        error = start_until_given_up(node) => Err(error),
    }
}

async fn start_until_given_up(node: &mut PrivateBroker) -> Error {
    let mut starts = Starts::default();
    loop {
        let mut why = match node.ended().await {
            Ok(status) => anyhow!("it has ended by itself ({status})"),
            Err(error) => return error,
        };
        while let Err(error) = start_again(node, &mut starts, &why).await {
            match error {
                NotStarted::GivenUp => return why.context(given_up()),
                NotStarted::Failed(error) => why = error,
            }
        }
    }
}

/// Why a node does not run again.
enum NotStarted {
    /// It was started too often already.
    GivenUp,
    Failed(Error),
}

async fn start_again(node: &mut PrivateBroker, starts: &mut Starts, why: &Error) -> Result<(), NotStarted> {
    tokio::time::sleep(PAUSE).await;
    if !starts.one_more(Instant::now()) {
        return Err(NotStarted::GivenUp);
    }
    tracing::error!(why = %format!("{why:#}"), "the private RabbitMQ node has died: starting it again");
    // What was started and was not ready in time may still run.
    node.kill().await.map_err(NotStarted::Failed)?;
    node.start_again().await.map_err(NotStarted::Failed)?;
    tracing::warn!("the private RabbitMQ node runs again");
    Ok(())
}

fn given_up() -> String {
    format!(
        "the private RabbitMQ node was started {MAX_STARTS} times within {} minutes and has died again, so the fleet ends: \
         ./var/rabbitmq/log/node.log says more, and what was published stays in ./var for the next start",
        WITHIN.as_secs() / 60
    )
}

/// When a node was started again of late.
#[derive(Default)]
struct Starts(Vec<Instant>);

impl Starts {
    /// Counts one more start, if there may be one.
    fn one_more(&mut self, now: Instant) -> bool {
        self.0.retain(|start| now.saturating_duration_since(*start) < WITHIN);
        let may_be = self.0.len() < MAX_STARTS;
        if may_be {
            self.0.push(now);
        }
        may_be
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_started_so_often_within_some_minutes_and_later_again() {
        let mut starts = Starts::default();
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let asked = [0, 1, 2, 599, 600, 600, 10_000].map(|seconds| starts.one_more(at(seconds)));
        assert_eq!(asked, [true, true, true, false, true, false, true], "at 600 s the first is long ago");
    }
}
