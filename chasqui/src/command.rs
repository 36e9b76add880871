//! `chasqui command`: has a service do something, follows how far it is, lists commands and shows one.

use std::iter::once;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{Clock as _, Command, CommandLine, CommandState, Key, Registry, Tenant, Timestamp, Unresolved, printable};
use operations::commands::{self, Dispatching, NotAccepted, Written, groups};
use serde_json::{Map, Value, json};
use store::{CommandFilter, MAX_PAGE, Store};
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock::SystemClock;
use crate::config::{Config, Role, Sources};
use crate::exit::{Conflict, Usage};
use crate::follow::{self, Untaken};
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{one_of, tenant, when};
use crate::{columns, exit, logs, parts, send, unconfigured};

const HEADING: [&str; 7] = ["ID", "STATE", "ACTION", "ASKED FOR BY", "CONFIRMED BY", "SINCE", "CHANGED"];
const UNKNOWN: &str = "-";

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
    /// Only those made at this time or later: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", value_parser = when)]
    from: Option<Timestamp>,
    /// Only those made before this time
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Show {
    /// The id of the command
    id: String,
    /// Whose command
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Wait until it has ended, and print its states as they happen
    #[arg(long, conflicts_with = "json")]
    follow: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
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
        if config.secret_key.is_none() {
            let what = "SECRET_KEY is missing: what a service is to do is marked with it; give the fleet's own";
            return Err(Usage(what.to_owned()).into());
        }
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
            true => watch(store, &key, &config.topology.names.dead_letter_queue(), 0).await,
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

/// Prints the states of a command until it has ended: exit code 0 where it has succeeded. `told` is the version that was told
/// before. A request that nobody can read never becomes a command: what to look at then, such as the queue `dead_letters`, is
/// told once.
async fn watch(store: &Store, key: &Key, dead_letters: &str, told: u32) -> Result<ExitCode> {
    let (mut told, mut untaken) = (told, Untaken::since(Instant::now()));
    loop {
        let found = commands::show(store, key).await.context("the ledger could not be read")?;
        if untaken.is_to_tell(found.is_some(), Instant::now()) {
            follow::complain_of_untaken("dialog", dead_letters);
        }
        if let Some(command) = found.filter(|command| command.version != told) {
            passed(&command, told).for_each(|state| say!("  before that  {}", state.as_str()));
            told = command.version;
            say!("  {}", printable(&step_of(&command)));
            if command.state.is_ended() {
                return Ok(exit::answer(command.state == CommandState::Succeeded));
            }
        }
        if !follow::again().await {
            return Ok(exit::interrupted());
        }
    }
}

/// The states that a command has had since the version that was told before, but for the present one: its row has only that, and
/// each of them is another version.
fn passed(command: &Command, told: u32) -> impl Iterator<Item = CommandState> {
    const ALL: [CommandState; 3] = [CommandState::PendingConfirmation, CommandState::Dispatched, CommandState::Running];
    let begun = usize::from(command.ask.is_none());
    let before = command.version.saturating_sub(1) as usize;
    ALL.into_iter().skip(begun).take(before).skip(told as usize)
}

/// The state that a command has reached, with what there is to say of it.
fn step_of(command: &Command) -> String {
    let said = match command.state {
        CommandState::PendingConfirmation => "  `chasqui ask show` of the same id says who is asked".to_owned(),
        CommandState::Dispatched => {
            command.confirmed_by.as_deref().map(|by| format!("  confirmed by {by}")).unwrap_or_default()
        }
        _ => command.output.as_deref().map(|output| format!("  {output}")).unwrap_or_default(),
    };
    format!("{}  {}{said}", command.updated_at, command.state.as_str())
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let List { tenant, state, service, requested_by, from, until, limit, json } = what;
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        return Err(Usage("--until must be later than --from".to_owned()).into());
    }
    let mut filter = CommandFilter { tenant, state, service, requested_by, from, until, after: None, limit: 0 };
    let (mut left, mut rows) = (limit as usize, columns::List::new(json));
    loop {
        filter.limit = left.min(MAX_PAGE as usize);
        let page = commands::list(store, filter.clone()).await.context("the ledger could not be read")?;
        page.commands.iter().for_each(|command| rows.add(|| json_of(command), || row_of(command)));
        left = left.saturating_sub(page.commands.len());
        match page.next {
            Some(next) if left > 0 && !output::is_unread() => filter.after = Some(next),
            Some(_) if left == 0 => {
                output::complain(format_args!("there are more: see --limit, --from and --until"));
                break;
            }
            _ => break,
        }
    }
    rows.end(HEADING, "no command fits");
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, store: &Store, what: Show) -> Result<ExitCode> {
    let Show { id, tenant, follow, json } = what;
    let key = Key { tenant, id };
    let Some(command) = commands::show(store, &key).await.context("the ledger could not be read")? else {
        say!("{}", printable(&format!("{} is no command of this tenant, or nobody has made it yet", key.id)));
        return Ok(exit::answer(false));
    };
    match json {
        true => output::json(&json_of(&command)),
        false => lines(&command).iter().for_each(|line| say!("{}", printable(line))),
    }
    if follow && !command.state.is_ended() {
        return watch(store, &key, &config.topology.names.dead_letter_queue(), command.version).await;
    }
    Ok(ExitCode::SUCCESS)
}

fn row_of(command: &Command) -> [String; 7] {
    [
        command.key.id.clone(),
        command.state.as_str().to_owned(),
        format!("{}.{}", command.service, command.action),
        command.requested_by.clone(),
        command.confirmed_by.as_deref().unwrap_or(UNKNOWN).to_owned(),
        command.created_at.to_string(),
        command.updated_at.to_string(),
    ]
}

fn lines(command: &Command) -> Vec<String> {
    let Command { key, service, action, arguments, state, requested_by, .. } = command;
    let some = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("  {name} {value}"));
    let mut lines = vec![
        format!("{}  {}  {service}.{action}  of {}", key.id, state.as_str(), key.tenant),
        format!("  arguments {arguments}"),
        format!("  asked for {} by {requested_by}, expires {}", command.created_at, command.expires_at),
    ];
    lines.extend(some("confirmed by", &command.confirmed_by));
    lines.extend(some("question", &command.ask));
    lines.extend(some("delivery", &command.delivery));
    lines.extend(some("correlation id", &command.correlation_id));
    lines.push(format!("  {} since {}", state.as_str(), command.updated_at));
    lines.extend(some("output", &command.output));
    lines
}

/// The same fields as GET /v1/commands/{id} has.
fn json_of(command: &Command) -> Value {
    let arguments: Value = serde_json::from_str(&command.arguments).unwrap_or_default();
    json!({
        "command_id": command.key.id, "tenant": command.key.tenant.as_str(), "service": command.service,
        "action": command.action, "arguments": arguments, "status": command.state.as_str(),
        "version": command.version, "requested_by": command.requested_by, "confirmed_by": command.confirmed_by,
        "correlation_id": command.correlation_id, "ask": command.ask, "delivery": command.delivery,
        "output": command.output, "created_at": command.created_at.to_string(),
        "updated_at": command.updated_at.to_string(), "expires_at": command.expires_at.to_string(),
    })
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
