//! `chaos`: every fault against a fleet of its own, one table at the end. `CHAOS_SECONDS` draws faults for so
//! long, `CHAOS_SEED` repeats a run, `CHAOS_ONLY` takes the faults with these words in their name,
//! `CHAOS_SHORT=1` the selection of `make test`. (`tools/chaos` says `CHAOS_OWN_MOUNTS` when it has given it some.)

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::chaos::{Plan, run};

#[tokio::main]
async fn main() -> Result<ExitCode> {
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
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
