//! `chasqui webhook secret`: the secret with which a receiver verifies that a webhook comes from this fleet.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{Key, Tenant, WebhookKeys, printable};
use operations::endpoints;

use crate::config::{Config, Role, Sources};
use crate::output::say;
use crate::words::tenant;
use crate::{parts, unconfigured};

#[derive(Subcommand, Clone, Debug)]
pub enum WebhookCommand {
    /// Print the secret with which receivers verify what a tenant sends them. It is derived from SECRET_KEY and stored
    /// nowhere: whoever has it can pass for this fleet
    Secret {
        /// Whose webhooks
        #[arg(long, default_value = "default", value_parser = tenant)]
        tenant: Tenant,
        /// The id of one of the tenant's endpoints, which has secrets of its own; the ledger is asked for the newest
        #[arg(long, value_name = "ID")]
        endpoint: Option<String>,
    },
}

pub(crate) async fn run(sources: Sources, command: WebhookCommand) -> Result<ExitCode> {
    let WebhookCommand::Secret { tenant, endpoint } = command;
    let sources = unconfigured::with_secret(sources);
    let secret = match endpoint {
        None => of_tenant(&Config::read(sources, Role::Probe)?, &tenant)?,
        Some(id) => {
            let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
            of_endpoint(&config, Key { tenant, id }).await?
        }
    };
    say!("{secret}");
    Ok(ExitCode::SUCCESS)
}

fn of_tenant(config: &Config, tenant: &Tenant) -> Result<String> {
    let secrets = keys(config)?.direct(tenant);
    Ok(secrets.first().context("no secret is derived")?.shown())
}

async fn of_endpoint(config: &Config, key: Key) -> Result<String> {
    let store = parts::existing_store(config, parts::clock()).await?;
    let found = endpoints::show(&store, &key).await.context("the ledger could not be read")?;
    let found = found.with_context(|| format!("{} has no endpoint {}", key.tenant, printable(&key.id)))?;
    endpoints::secret(keys(config)?, &found).context("no secret is derived")
}

fn keys(config: &Config) -> Result<&WebhookKeys> {
    config.channels.webhook.keys.as_ref().context("no secret of the fleet is given: set SECRET_KEY")
}
