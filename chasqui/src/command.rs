//! `chasqui command`: has a service do something, follows how far it is, lists commands and shows one.

mod delivery;
mod shown;
mod watch;

use std::iter::once;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{Clock as _, CommandLine, CommandState, Key, Registry, Tenant, Unresolved, printable};
use operations::commands::{self, Dispatching, NotAccepted, Written, groups};
use serde_json::{Map, Value};
use store::{CommandFilter, Store};
use uuid::Uuid;

use crate::clock::SystemClock;
use crate::config::{Config, Role, Sources};
use crate::exit::{Conflict, Usage};
use crate::listing::Range;
use crate::named::Show;
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{one_of, tenant};
use crate::{columns, exit, logs, parts, send, unconfigured};

#[derive(Subcommand, Debug)]
pub enum ServiceCommand {
    /// Have a service do something: with --follow exit code 1 where it has not succeeded
    Dispatch(Box<Dispatch>),
    /// Print commands, the newest first
    List(Box<List>),
    /// Print one command, and how far it is: exit code 1 where there is none
    Show(Show),
}

#[derive(clap::Args, Debug)]
pub struct Dispatch {
    /// The service, a dot, and what it is to do, such as trading.strategy.pause
    #[arg(value_name = "SERVICE.ACTION", value_parser = named)]
    what: (String, String),
    /// Its arguments, as the schema of the action has them
    #[arg(value_name = "NAME=VALUE", value_parser = argument)]
    arguments: Vec<(String, String)>,
    /// Connects its events with whatever it belongs to
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    correlation_id: Option<String>,
    /// An id of your own: the same again is no second command
    #[arg(long, allow_hyphen_values = true, value_parser = id)]
    id: Option<String>,
    /// For whom it is done
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Wait until it has ended, and print its states as they happen
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose commands
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// pending_confirmation, dispatched, running, succeeded, failed, rejected or expired
    #[arg(long, value_parser = state)]
    state: Option<CommandState>,
    /// Only those to this service
    #[arg(long, allow_hyphen_values = true)]
    service: Option<String>,
    /// Only those that this one has asked for, such as 'command line:ada'
    #[arg(long, value_name = "WHO", allow_hyphen_values = true)]
    requested_by: Option<String>,
    #[command(flatten)]
    range: Range,
}

pub(crate) async fn run(sources: Sources, command: ServiceCommand) -> Result<ExitCode> {
    let role = if matches!(command, ServiceCommand::Dispatch(_)) { Role::Send } else { Role::Ledger };
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), role)?;
    logs::start(&config)?;
    let store = parts::existing_store(&config, parts::clock()).await?;
    match command {
        ServiceCommand::Dispatch(what) => what.run(&config, &store).await,
        ServiceCommand::List(what) => list(&store, *what).await,
        ServiceCommand::Show(what) => show(&config, &store, what).await,
    }
}

impl Dispatch {
    async fn run(self, config: &Config, store: &Store) -> Result<ExitCode> {
        let Self { what: (service, action), arguments, correlation_id, id, tenant, follow, by } = self;
        if config.services.all().next().is_none() {
            let what = "no service takes commands: SERVICES_FILE names the file that says which do";
            return Err(Usage(what.to_owned()).into());
        }
        parts::needs_secret(config, "what a service is to do is marked with it")?;
        let secrets = parts::secrets(config);
        let actor = by.actor(tenant.clone());
        let groups = groups(store, &actor).await.context("the ledger could not be read")?;
        let who: Vec<&str> = once(actor.name.as_str()).chain(groups.iter().map(String::as_str)).collect();
        let line = CommandLine { service, action, arguments };
        let arguments = typed(&config.services, &line, &tenant, &who)?;
        let CommandLine { service, action, .. } = line;
        let written = Written { service, action, arguments, correlation_id };
        let id = id.unwrap_or_else(|| Uuid::now_v7().to_string());
        let (publisher, _ends_the_publisher) = send::connect(config).await?;
        let parts = Dispatching { services: &config.services, store, publisher: &publisher, secrets: &secrets };
        let accepted = commands::dispatch(parts, &actor, written, id, SystemClock.now()).await.map_err(not_accepted)?;
        output::accepted(&accepted.id);
        let key = Key { tenant, id: accepted.id };
        match follow {
            true => watch::watch(store, &key, &config.topology.names.dead_letter_queue(), 0, config.retry_delays).await,
            false => Ok(exit::answer(true)),
        }
    }
}

/// The arguments of a line, as the service gets them.
fn typed(services: &Registry, line: &CommandLine, tenant: &Tenant, who: &[&str]) -> Result<Map<String, Value>> {
    Ok(services.resolve(line, tenant, who).map(|wanted| wanted.arguments).map_err(|unresolved| refused(&unresolved))?)
}

fn refused(unresolved: &Unresolved) -> Usage {
    let lines = match unresolved {
        Unresolved::Arguments(faults) => {
            let line =
                |fault: &domain::ArgumentFault| exit::said(&fault.field(), |name| format!("the argument {name}"));
            faults.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    };
    Usage(format!("nothing is done: {lines}"))
}

fn not_accepted(why: NotAccepted) -> anyhow::Error {
    match why {
        NotAccepted::Undone(why) => anyhow::Error::from(why).context("nothing is done"),
        NotAccepted::Unresolved(unresolved) => refused(&unresolved).into(),
        NotAccepted::Another { id } => Conflict(format!(
            "id_conflict: the id {id} is that of another command, so nothing is done. To have something else done, leave --id \
             out or give another one."
        ))
        .into(),
        NotAccepted::Unconfirmed(unconfirmed) => {
            let what = unconfirmed.what_happened();
            anyhow::Error::from(unconfirmed.error).context(format!("the broker did not take it. {what}"))
        }
    }
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let List { tenant, state, service, requested_by, range } = what;
    let (from, until) = range.times()?;
    let mut filter = CommandFilter { tenant, state, service, requested_by, from, until, after: None, limit: 0 };
    let (mut wanted, mut rows) = (range.wanted(), columns::List::new(range.json));
    loop {
        filter.limit = wanted.of_a_page();
        let page = commands::list(store, filter.clone()).await.context("the ledger could not be read")?;
        page.commands.iter().for_each(|command| rows.add(|| shown::json_of(command), || shown::row_of(command)));
        filter.after = wanted.behind(page.commands.len(), page.next);
        if filter.after.is_none() {
            break;
        }
    }
    rows.end(shown::HEADING, "no command fits");
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, store: &Store, what: Show) -> Result<ExitCode> {
    let Show { named, follow, json } = what;
    let key = named.key();
    let Some(command) = commands::show(store, &key).await.context("the ledger could not be read")? else {
        return Ok(exit::no(&format!(
            "{} is no command of this tenant, or nobody has made it yet: `chasqui command list` shows them",
            key.id
        )));
    };
    match json {
        true => output::json(&shown::json_of(&command)),
        false => shown::lines(&command).iter().for_each(|line| say!("{}", printable(line))),
    }
    if !json
        && !follow
        && let Some(told) = delivery::failing(store, &command, config.retry_delays).await?
    {
        say!("  {}", printable(&told));
    }
    if follow && !command.state.is_ended() {
        return watch::watch(
            store,
            &key,
            &config.topology.names.dead_letter_queue(),
            command.version,
            config.retry_delays,
        )
        .await;
    }
    Ok(ExitCode::SUCCESS)
}

fn named(text: &str) -> Result<(String, String), String> {
    let found = text.split_once('.').filter(|(service, action)| !service.is_empty() && !action.is_empty());
    let (service, action) =
        found.ok_or("it must be a service, a dot and what it is to do, such as trading.strategy.pause")?;
    Ok((service.to_owned(), action.to_owned()))
}

fn argument(text: &str) -> Result<(String, String), String> {
    let found = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = found.ok_or("it must be a name, = and a value, such as strategy_id=btc-arb-01")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn id(text: &str) -> Result<String, String> {
    let is_one = operations::deliveries::is_id(text);
    is_one.then(|| text.to_owned()).ok_or_else(|| "it must have 1 to 255 bytes, in one line".to_owned())
}

fn state(text: &str) -> Result<CommandState, String> {
    CommandState::parse(text).ok_or_else(|| one_of(text, &CommandState::ALL.map(CommandState::as_str)))
}

#[cfg(test)]
mod tests;
