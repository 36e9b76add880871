//! New retry delays on the private node of `chasqui up`: each retry queue is replaced as soon as it is empty.

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use topology::TopologyError;

use crate::config::Config;
use crate::output::say;
use crate::parts;
use crate::words::counted;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Replaces the retry queues. Nobody consumes yet, so no message enters them, and those that are in them return to
/// their lane by themselves after the delay.
pub(crate) async fn follow(config: &Config, stop: &CancellationToken) -> Result<()> {
    let topology = parts::topology(config, "up")?;
    if topology.mode != topology::Mode::Declare {
        return Ok(());
    }
    let mut told = false;
    loop {
        match topology::recreate_retry(&topology.broker, &topology.plan).await {
            Ok(recreated) if recreated.0.is_empty() => return Ok(()),
            Ok(recreated) => {
                say!("up: the retry delays have changed: {} made again", recreated.0.join(", "));
                return Ok(());
            }
            Err(TopologyError::InUse { queue, messages, current, .. }) => {
                if !std::mem::replace(&mut told, true) {
                    explain_wait(&queue, messages, &current);
                }
            }
            // A node that has just started on a busy machine may still fail to make a quorum queue.
            Err(TopologyError::Broker(error)) => tracing::warn!(%error, "waiting for the broker"),
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

fn explain_wait(queue: &str, messages: u32, current_ms: &str) {
    let messages = counted(messages, "message waits", "messages wait");
    let seconds = current_ms.parse::<f64>().unwrap_or_default() / 1000.0;
    say!(
        "up: the retry delays have changed, and {messages} in {queue} with the old one: waiting until it is \
         empty, {seconds} s at most.\n\
         up: (to go on at once, press Ctrl-C and set this delay back to {seconds}; to look again later without starting the \
         fleet: chasqui topology recreate-retry)"
    );
}
