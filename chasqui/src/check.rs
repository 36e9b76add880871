//! `chasqui check`: the settings of a role, without opening a socket.

use std::process::ExitCode;

use anyhow::Result;
use runtime::settings::first_of;

use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::{channel_lines, exit, parts, traces, unconfigured, zones};

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum RoleName {
    Api,
    Worker,
    Scheduler,
    Dialog,
    Gateway,
    Up,
}

/// Checks the settings of a role, which the first line names. Exit code 1 with every problem at once.
pub(crate) fn check(mut sources: Sources, role: Option<RoleName>) -> Result<ExitCode> {
    let is_up_here = unconfigured::is_here(&sources);
    let is_first_look = role.is_none() && !is_up_here && !unconfigured::names_broker(&sources);
    let role = match role {
        Some(RoleName::Api) => Role::Api,
        Some(RoleName::Worker) => Role::Worker,
        Some(RoleName::Scheduler) => Role::Scheduler,
        Some(RoleName::Dialog) => Role::Dialog,
        Some(RoleName::Gateway) => Role::Gateway,
        Some(RoleName::Up) => Role::Up,
        None => assumed(is_up_here),
    };
    if role == Role::Up {
        unconfigured::look_up(&mut sources);
    }
    match read_config(sources, role) {
        Ok(config) => {
            say!("The settings for `chasqui {}` are valid.", role.name());
            first_of(&config.warnings).for_each(|warning| say!("  warning: {}", domain::printable(&warning)));
            if matches!(role, Role::Worker | Role::Up) {
                channel_lines::lines(&config.channels).iter().for_each(|line| say!("  {}", domain::printable(line)));
            }
            if role.knows_zones() {
                say!("  zone rules {}", config.zones);
                zones::age(&config.zones).iter().for_each(|old| say!("  warning: {old}"));
            }
            Ok(exit::answer(true))
        }
        Err(problem) => {
            say!("`chasqui {}` would not start: {}", role.name(), output::of_error(&problem));
            if is_up_here && role != Role::Up {
                say!("The fleet of this directory is one of `chasqui up`: `chasqui check up` checks its settings.");
            }
            if is_first_look {
                say!(
                    "To try it out, no settings are needed: run `chasqui up`; `chasqui check up` checks what it reads."
                );
            }
            Ok(exit::answer(false))
        }
    }
}

/// The role that is checked when none is named.
fn assumed(is_up_here: bool) -> Role {
    let role = if is_up_here { Role::Up } else { Role::Worker };
    say!(
        "No role is named: this is for `chasqui {}`. Others: `chasqui check api|worker|scheduler|dialog|gateway|up`.",
        role.name()
    );
    role
}

fn read_config(sources: Sources, role: Role) -> Result<Config> {
    let config = Config::read(sources, role)?;
    traces::check()?;
    if config.topology.broker.is_some() {
        parts::topology(&config, role.name())?;
    }
    Ok(config)
}
