//! `ground COMMAND…`: starts the services of the tests, runs the command with their addresses in its
//! environment, and ends them: one node and one cluster for a whole test run.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use e2e::ground::Ground;
use tokio::process::Command;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: ground COMMAND…")?;
    println!("ground: starting a RabbitMQ node and a PostgreSQL cluster of the tests' own (some seconds)");
    let ground = Ground::start().await?;
    println!("ground: ready; running the tests");
    let status = Command::new(program).args(words).envs(ground.environment()).status().await?;
    println!("ground: stopping the services");
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
