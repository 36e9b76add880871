//! `chasqui check`: the settings of a role, without opening a socket.

use std::process::ExitCode;

use anyhow::Result;
use runtime::settings::first_of;

use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::{carried, exit, parts, unconfigured, zones};

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum RoleName {
    Api,
    Worker,
    Scheduler,
    Up,
}

/// Checks the settings of a role. Exit code 1 with every problem at once.
pub(crate) fn check(mut sources: Sources, role: RoleName) -> Result<ExitCode> {
    let role = match role {
        RoleName::Api => Role::Api,
        RoleName::Worker => Role::Worker,
        RoleName::Scheduler => Role::Scheduler,
        RoleName::Up => Role::Up,
    };
    if role == Role::Up {
        unconfigured::look_up(&mut sources);
    }
    match read_config(sources, role) {
        Ok(config) => {
            say!("The settings for `chasqui {}` are valid.", role.name());
            first_of(&config.warnings).for_each(|warning| say!("  warning: {}", domain::printable(&warning)));
            if matches!(role, Role::Worker | Role::Up) {
                carried::lines(&config.channels).iter().for_each(|line| say!("  {}", domain::printable(line)));
            }
            if role.knows_zones() {
                say!("  zone rules {}", config.zones);
                zones::age(&config.zones).iter().for_each(|old| say!("  warning: {old}"));
            }
            Ok(exit::answer(true))
        }
        Err(problem) => {
            say!("{}", output::of_error(&problem));
            Ok(exit::answer(false))
        }
    }
}

fn read_config(sources: Sources, role: Role) -> Result<Config> {
    let config = Config::read(sources, role)?;
    if config.topology.broker.is_some() {
        parts::topology(&config, role.name())?;
    }
    Ok(config)
}
