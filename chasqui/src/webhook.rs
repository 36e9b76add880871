//! `chasqui webhook secret`: the secret with which a receiver verifies that a webhook comes from this fleet.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::Tenant;

use crate::config::{Config, Role, Sources};
use crate::output::say;
use crate::unconfigured;

#[derive(Subcommand, Clone, Debug)]
pub enum WebhookCommand {
    /// Print the secret with which receivers verify what a tenant sends them. It is derived from SECRET_KEY and stored
    /// nowhere: whoever has it can pass for this fleet
    Secret {
        #[arg(long, default_value = "default", value_parser = tenant)]
        tenant: Tenant,
    },
}

pub(crate) fn run(sources: Sources, command: WebhookCommand) -> Result<ExitCode> {
    let WebhookCommand::Secret { tenant } = command;
    let config = Config::read(unconfigured::with_secret(sources), Role::Probe)?;
    let keys = config.channels.webhook.keys.context("no secret of the fleet is given: set SECRET_KEY")?;
    let secrets = keys.direct(&tenant);
    let today = secrets.first().context("no secret is derived")?;
    say!("{}", today.shown());
    Ok(ExitCode::SUCCESS)
}

fn tenant(text: &str) -> Result<Tenant, &'static str> {
    Tenant::parse(text).ok_or("it must be 1 to 64 letters, digits, '_' or '-'")
}
