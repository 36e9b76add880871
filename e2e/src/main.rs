//! `e2e services COMMAND…` starts the services of the tests, runs the command with their addresses in its environment,
//! and ends them: one node and one cluster for a whole test run.
//!
//! `e2e chaos` runs every fault against a fleet of its own, with one table at the end. `CHAOS_SECONDS` draws faults for so
//! long, `CHAOS_SEED` repeats a run, `CHAOS_ONLY` takes the faults with these words in their name, `CHAOS_SHORT=1` the
//! selection of `make test`. (`tools/chaos` says `CHAOS_OWN_MOUNTS` when it has given it some.)

use std::env::{self, ArgsOs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use e2e::chaos::{Plan, run};
use e2e::services::Services;
use tokio::process::Command;

const USAGE: &str = "usage: e2e services COMMAND… | e2e chaos";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut words = env::args_os();
    words.next();
    let is_success = match words.next().as_ref().and_then(|word| word.to_str()) {
        Some("services") => run_with_services(words).await?,
        Some("chaos") => chaos().await?,
        _ => bail!(USAGE),
    };
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_with_services(mut words: ArgsOs) -> Result<bool> {
    let program = words.next().context(USAGE)?;
    println!("services: starting a RabbitMQ node and a PostgreSQL cluster of the tests' own (some seconds)");
    let services = Services::start().await?;
    println!("services: ready; running the tests");
    let status = Command::new(program).args(words).envs(services.environment()).status().await?;
    println!("services: stopping them");
    Ok(status.success())
}

async fn chaos() -> Result<bool> {
    ensure!(cfg!(feature = "failpoints"), "the fleet cannot be told to die: build with --features e2e/failpoints");
    let number = |name: &str| -> Result<Option<u64>> {
        let Some(text) = env::var(name).ok().filter(|text| !text.is_empty()) else { return Ok(None) };
        text.parse().map(Some).with_context(|| format!("{name} must be a whole number"))
    };
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let plan = Plan {
        seed: number("CHAOS_SEED")?.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 32),
        limit: number("CHAOS_SECONDS")?.map(Duration::from_secs),
        only: env::var("CHAOS_ONLY").ok().filter(|only| !only.is_empty()),
        own_mounts: env::var_os("CHAOS_OWN_MOUNTS").is_some(),
        short: env::var_os("CHAOS_SHORT").is_some(),
        folder: std::path::absolute(target.join("chaos"))?,
    };
    println!("chaos: seed {}", plan.seed);
    let report = run(&plan).await?;
    println!("the report and the output of every process: {}", plan.folder.display());
    Ok(report.is_clean())
}
