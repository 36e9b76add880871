//! Structured logs on standard error: a message for people, fields for queries, nothing personal.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// lapin prints returned messages with their properties at WARN, and sqlx prints statements.
const QUIET: &str =
    "lapin=off,sqlx=error,sea_orm=error,sea_orm_migration=warn,tokio_cron_scheduler=error,hyper_util=warn,rustls=warn";

/// # Errors
/// When LOG is not a level or a list of directives.
pub(crate) fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log))
        .context("LOG must be error, warn, info, debug, or directives such as worker=debug")?;
    // Colours for a terminal only: in a file they stand between the words that somebody searches for.
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let started = if config.log_json { logs.json().try_init() } else { logs.with_target(false).try_init() };
    let _ = started;
    std::panic::set_hook(Box::new(|panic| {
        // The payload may hold a recipient: only the place is told.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
    for name in &config.unused {
        tracing::warn!("{name} is set and is not used in this version");
    }
    Ok(())
}
