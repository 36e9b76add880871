//! `chasqui topology plan | apply | verify | recreate-retry`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::config::{Config, Role, Sources};
use crate::{embedded, logs, parts};

#[derive(Subcommand, Clone, Copy, Debug)]
pub enum TopologyCommand {
    /// Print the exchanges, queues and bindings that the fleet needs
    Plan,
    /// Create what is missing; refuse what exists with other arguments; delete nothing
    Apply,
    /// Compare the live broker with the plan; exit code 1 when something differs
    Verify,
    /// Delete and create again the retry queues whose delay has changed, if they are empty
    RecreateRetry,
}

pub(crate) async fn run(sources: Sources, command: TopologyCommand) -> Result<ExitCode> {
    let sources = embedded::with_running(sources);
    if let TopologyCommand::Plan = command {
        let config = Config::read(sources, Role::Probe)?;
        print!("{}", topology::Plan::new(&config.names, config.queue_type, config.worker.retry_delays));
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::read(sources, Role::Broker)?;
    logs::start(&config)?;
    let topology = parts::topology(&config, "topology")?;
    match command {
        TopologyCommand::Plan => {}
        TopologyCommand::Apply => {
            topology::declare(&topology.broker, &topology.plan).await?;
            println!("{}: the topology is as planned", topology.broker.address());
        }
        TopologyCommand::Verify => {
            let verified = topology::verify(&topology.broker, &topology.plan, topology.management.as_ref()).await?;
            print!("{verified}");
            return Ok(if verified.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        TopologyCommand::RecreateRetry => {
            let recreated = topology::recreate_retry(&topology.broker, &topology.plan).await?;
            match recreated.0.as_slice() {
                [] => println!("no retry queue has another delay than planned"),
                queues => println!("recreated {}", queues.join(", ")),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
