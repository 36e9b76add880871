//! `chasqui check`: the settings of a role, without opening a socket.

use std::process::ExitCode;

use anyhow::Result;

use crate::config::{Config, Role, Sources};
use crate::{embedded, parts};

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum RoleName {
    Api,
    Worker,
    Scheduler,
    Up,
}

/// # Errors
/// Every problem at once.
pub(crate) fn check(mut sources: Sources, role: RoleName) -> Result<ExitCode> {
    let role = match role {
        RoleName::Api => Role::Api,
        RoleName::Worker => Role::Worker,
        RoleName::Scheduler => Role::Scheduler,
        RoleName::Up => {
            embedded::fill(&mut sources)?;
            Role::Up
        }
    };
    let config = Config::read(sources, role)?;
    parts::templates(&config)?;
    if config.broker.is_some() {
        parts::topology(&config, role.name())?;
    }
    println!("the settings of the {} are right", role.name());
    if matches!(role, Role::Worker | Role::Up)
        && let Ok(channels) = channels::Channels::enable(&config.channels)
    {
        for (channel, provider) in channels.enabled() {
            println!("  {channel} by {provider}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
