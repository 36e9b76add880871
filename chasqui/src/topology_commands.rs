//! `chasqui topology plan | apply | verify | recreate-retry`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::{exit, logs, parts, unconfigured};

#[derive(Subcommand, Clone, Copy, Debug)]
pub enum TopologyCommand {
    /// Print the exchanges, queues and bindings that the fleet needs
    Plan,
    /// Create what is missing; refuse what exists with other arguments; delete nothing
    Apply,
    /// Compare the live broker with the plan, and the members of quorum queues with its nodes; exit code 1 when
    /// something differs, or messages are, or will be, in a queue beside the plan that nobody reads
    Verify,
    /// Delete and create again the retry queues whose delay has changed, if they are empty
    RecreateRetry,
}

pub(crate) async fn run(sources: Sources, command: TopologyCommand) -> Result<ExitCode> {
    let mut sources = unconfigured::with_running(sources);
    if let TopologyCommand::Plan = command {
        let config = Config::read(sources, Role::Probe)?;
        output::text(&parts::plan(&config).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    // The node of a fleet that does not run now is started for this command alone.
    if unconfigured::names_broker(&sources) || !unconfigured::has_broker() {
        return on(sources, command).await;
    }
    Config::read(sources.clone(), Role::Probe)?;
    say!("starting the RabbitMQ node of ./var/rabbitmq for this command (this takes a few seconds)");
    let broker = unconfigured::start_broker(&mut sources).await?;
    let done = on(sources, command).await;
    broker.stop().await?;
    done
}

async fn on(sources: Sources, command: TopologyCommand) -> Result<ExitCode> {
    let config = Config::read(sources, Role::Broker)?;
    logs::start(&config)?;
    let topology = parts::topology(&config, "topology")?;
    match command {
        TopologyCommand::Plan => {}
        TopologyCommand::Apply => {
            topology::declare(&topology.broker, &topology.plan).await?;
            say!("{}: the topology is as planned", topology.broker.address());
        }
        TopologyCommand::Verify => {
            let verified = topology::verify(&topology.broker, &topology.plan, topology.management.as_ref()).await?;
            output::text(&verified.to_string());
            return Ok(exit::answer(!verified.needs_somebody()));
        }
        TopologyCommand::RecreateRetry => {
            let recreated = topology::recreate_retry(&topology.broker, &topology.plan).await?;
            match recreated.0.as_slice() {
                [] => say!("no retry queue has another delay than planned"),
                queues => say!("recreated: {}", queues.join(", ")),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
