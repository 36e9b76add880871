//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, REFERENCE, Role, Sources};
use crate::output::{self, say};
use crate::{
    ask, audit, bounce, check, command, contract, dead, deliveries, events, exit, explain, fake, health, key, logs,
    parts, pause, prove, providers, roles, sandbox, schedule, send, stuck, suppress, top, topology_commands, traces,
    unconfigured, up, user, vapid, verify, webhook,
};

/// Delivers notifications that services publish to RabbitMQ: email, SMS, WhatsApp, Telegram, Slack, push, Web Push,
/// webhooks.
#[derive(Parser, Debug)]
#[command(name = "chasqui", version, arg_required_else_help = true, after_help = exit::CODES)]
pub struct Cli {
    /// Settings in the form of config.default.toml; the environment goes before it
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// All roles in one process: SQLite and a RabbitMQ of its own in ./var where none is configured
    Up {
        /// Send one sample notification per channel and show what their recipients would have seen
        #[arg(long)]
        demo: bool,
    },
    /// The HTTP API
    Api,
    /// A consumer of the lanes
    Worker,
    /// Stores and fires what is due later
    Scheduler,
    /// Hears what people answer and write and what services report, has commands and codes go on by it, and tells endpoints
    /// what has happened, by webhook
    Dialog,
    /// Tells people who are connected what happens, by Socket.IO and server-sent events
    Gateway,
    /// Publish one notification from the command line
    #[command(after_help = exit::CODES)]
    Send(Box<send::Send>),
    /// Send notifications through a running fleet, follow each to its end, and say whether the books close: exit code 1
    /// when they do not
    #[command(after_help = exit::CODES)]
    Prove(Box<prove::Prove>),
    /// The exchanges, queues and bindings
    #[command(subcommand, after_help = exit::CODES)]
    Topology(topology_commands::TopologyCommand),
    /// Bring the ledger's tables up to date
    #[command(after_help = exit::CODES)]
    Migrate,
    /// Search deliveries: the newest first, or by the beginning of their ids
    #[command(after_help = exit::CODES)]
    Deliveries(Box<deliveries::Deliveries>),
    /// Say in words what became of one delivery, and why: exit code 1 when nothing is known of it
    #[command(after_help = exit::CODES)]
    Explain(explain::Explain),
    /// List what should have moved by now and did not: exit code 1 when there is something
    #[command(after_help = exit::CODES)]
    Stuck(stuck::Stuck),
    /// Look at the whole fleet in a terminal: lanes, queues, channels, providers, pauses, the last hour
    #[command(after_help = exit::CODES)]
    Top(top::Top),
    /// What is in the dead-letter queue, and what is to become of it: nothing is moved without a plan
    #[command(after_help = exit::CODES)]
    Dead(Box<dead::Dead>),
    /// Who is not written to any more
    #[command(subcommand, after_help = exit::CODES)]
    Suppress(suppress::SuppressCommand),
    /// Who may log in, and what they may do
    #[command(subcommand, after_help = exit::CODES)]
    User(user::UserCommand),
    /// The keys by which services call the API
    #[command(subcommand, after_help = exit::CODES)]
    Key(key::KeyCommand),
    /// Have a channel, a provider, a template or a tenant wait: its deliveries are accepted, and spend no attempt
    #[command(after_help = exit::CODES)]
    Pause(Box<pause::PauseWhat>),
    /// Let what is paused go on: exit code 1 when it is not paused
    #[command(after_help = exit::CODES)]
    Resume(pause::ResumeWhat),
    /// List what is paused, by whom, why and until when
    #[command(after_help = exit::CODES)]
    Pauses(pause::Pauses),
    /// What is sent later, again and again: pause it, resume it, run it now
    #[command(subcommand, after_help = exit::CODES)]
    Schedule(schedule::ScheduleCommand),
    /// Questions to people: ask, follow what they say, take one back
    #[command(subcommand, after_help = exit::CODES)]
    Ask(ask::AskCommand),
    /// What services are told to do: have it done, and follow how far it is
    #[command(subcommand, after_help = exit::CODES)]
    Command(command::ServiceCommand),
    /// Whose is an address? A code that is sent there, tried, sent again
    #[command(subcommand, after_help = exit::CODES)]
    Verify(verify::VerifyCommand),
    /// What goes wrong on demand with what the sandbox carries
    #[command(subcommand, after_help = exit::CODES)]
    Sandbox(sandbox::SandboxCommand),
    /// Who did what, and whether anybody has changed what was told
    #[command(subcommand, after_help = exit::CODES)]
    Audit(audit::AuditCommand),
    /// How the providers are, as the workers have found it: exit code 1 when one is given no messages
    #[command(after_help = exit::CODES)]
    Providers(providers::Providers),
    /// Print what becomes of deliveries, as the fleet tells it
    #[command(after_help = exit::CODES)]
    Events(events::Events),
    /// Check the settings of a role without opening a socket
    #[command(after_help = exit::CODES)]
    Check {
        /// default: worker, or up where `chasqui up` runs or has run in this directory
        #[arg(value_enum)]
        role: Option<check::RoleName>,
    },
    /// What bodies must be
    #[command(subcommand, after_help = exit::CODES)]
    Contract(contract::ContractCommand),
    /// Ask a role's own address whether it is ready: exit code 0 when it is
    #[command(after_help = exit::CODES)]
    Health {
        /// Such as http://127.0.0.1:8080; default: API_LISTEN or METRICS_LISTEN of the settings
        url: Option<String>,
    },
    /// Print every setting with its default
    Settings,
    /// Stand in for all providers on this machine: print the settings with which a fleet uses it, and run until stopped
    #[command(after_help = exit::CODES)]
    Fake(fake::Fake),
    /// The keys with which Web Push is sent
    #[command(subcommand, after_help = exit::CODES)]
    Vapid(vapid::VapidCommand),
    /// Read a mail that came back from standard input, and hand on what it reports: for a mail server to call
    #[command(after_help = exit::CODES)]
    Bounce(bounce::Bounce),
    /// What those who receive webhooks need
    #[command(subcommand, after_help = exit::CODES)]
    Webhook(webhook::WebhookCommand),
}

impl Cli {
    /// The command line of this process.
    ///
    /// # Errors
    /// The code with which the process ends where there is nothing in it that can be run. What is to be said is said.
    pub fn read() -> Result<Self, ExitCode> {
        let words: Vec<OsString> = std::env::args_os().collect();
        Self::of(&words).map_err(|error| {
            let _ = error.print();
            match error.exit_code() {
                0 => ExitCode::SUCCESS,
                // Any other code would have a mail server tell the sender of a mail that it is of no use.
                _ if is_for_a_mail_server(&words) => exit::not_now(),
                _ => exit::usage(),
            }
        })
    }

    fn of(words: &[OsString]) -> Result<Self, clap::Error> {
        Self::try_parse_from(words).map_err(|mut error| {
            if let Some(meant) = meant_command(&error, words) {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant]));
            }
            if words.iter().any(|word| word == "send") {
                send::explain(&mut error, words);
            }
            error
        })
    }
}

/// Whether the command is one that a mail server calls, whatever else is wrong with the words.
fn is_for_a_mail_server(words: &[OsString]) -> bool {
    let all = Cli::command();
    let mut words = words.iter().skip(1);
    words.find_map(|word| all.find_subcommand(word)).is_some_and(|command| command.get_name() == "bounce")
}

/// The command that is nearest to one that does not exist. clap names it by itself, but not for the words after `help`.
fn meant_command(error: &clap::Error, words: &[OsString]) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand || error.get(ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let all = Cli::command();
    let mut within = &all;
    for word in words.iter().skip(1).take_while(|word| word.to_str() != Some(wrong.as_str())) {
        within = within.find_subcommand(word).unwrap_or(within);
    }
    let names: Vec<&str> = within.get_subcommands().map(|command| command.get_name()).collect();
    domain::nearest_of_few(wrong, names).map(str::to_owned)
}

/// Runs one command to its end.
///
/// # Errors
/// What to tell the operator; [`exit::code`] is the code with which the process ends.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let file = cli.config.as_deref();
    let load = || REFERENCE.load(file);
    match cli.command {
        Command::Up { demo } => up::up(load(), demo).await,
        Command::Api => role(load(), Role::Api).await,
        Command::Worker => role(load(), Role::Worker).await,
        Command::Scheduler => role(load(), Role::Scheduler).await,
        Command::Dialog => role(load(), Role::Dialog).await,
        Command::Gateway => role(load(), Role::Gateway).await,
        Command::Send(what) => send::send(load(), *what).await,
        Command::Prove(what) => prove::prove(load(), *what).await,
        Command::Topology(command) => topology_commands::run(load(), command).await,
        Command::Migrate => migrate(load()).await,
        Command::Deliveries(what) => deliveries::run(load(), *what).await,
        Command::Explain(what) => explain::run(load(), what).await,
        Command::Stuck(what) => stuck::stuck(load(), what).await,
        Command::Top(what) => top::run(load(), what).await,
        Command::Dead(what) => dead::run(load(), *what).await,
        Command::Suppress(command) => suppress::run(load(), command).await,
        Command::User(command) => user::run(load(), command).await,
        Command::Key(command) => key::run(load(), command).await,
        Command::Pause(what) => pause::pause(load(), *what).await,
        Command::Resume(what) => pause::resume(load(), what).await,
        Command::Pauses(what) => pause::list(load(), what).await,
        Command::Schedule(command) => schedule::run(load(), command).await,
        Command::Ask(command) => ask::run(load(), command).await,
        Command::Command(command) => command::run(load(), command).await,
        Command::Verify(command) => verify::run(load(), command).await,
        Command::Sandbox(command) => sandbox::run(load(), command).await,
        Command::Audit(command) => audit::run(load(), command).await,
        Command::Providers(what) => providers::run(load(), what).await,
        Command::Events(what) => events::events(load(), what).await,
        Command::Check { role } => check::check(load(), role),
        Command::Contract(command) => contract::run(load(), command),
        Command::Health { url } => health::health(load(), url).await,
        Command::Settings => {
            file.map_or(Ok(()), |file| REFERENCE.look_at(file))?;
            output::text(crate::config::DEFAULTS);
            Ok(ExitCode::SUCCESS)
        }
        Command::Fake(what) => fake::fake(what).await,
        Command::Bounce(what) => bounce::bounce(load(), what).await,
        Command::Vapid(command) => vapid::run(command),
        Command::Webhook(command) => webhook::run(load(), command).await,
    }
}

async fn role(sources: Sources, role: Role) -> Result<ExitCode> {
    let config = Config::read(sources, role)?;
    logs::start(&config)?;
    let traces = traces::start(&config, role)?;
    let ended = roles::run_alone(config, role).await;
    traces.end().await;
    ended
}

async fn migrate(sources: Sources) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
    let store = parts::store(&config, parts::clock()).await?;
    let applied = store.migrate().await.context("the ledger could not be migrated")?;
    say!("{applied} migrations applied; the ledger is up to date");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_built() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_behind_help_that_there_is_not_is_told_with_the_nearest_one() {
        for (line, meant) in [
            ("help snd", Some("send")),
            ("help ap", Some("api")),
            ("--config a.toml help wrker", Some("worker")),
            ("help topology aply", Some("apply")),
            ("topology help verfy", Some("verify")),
            ("help banana", None),
            ("help topology send", None),
        ] {
            let words: Vec<OsString> = ["chasqui"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
            let error = Cli::of(&words).expect_err(line);
            let said = error.to_string();
            assert_eq!(error.exit_code(), 2, "as for every wrong command line: {said}");
            match meant {
                Some(meant) => assert!(said.contains(&format!("exists: '{meant}'")), "{line}: {said}"),
                None => assert!(!said.contains("tip:"), "{line}: {said}"),
            }
        }
    }

    #[test]
    fn a_slip_in_what_a_mail_server_calls_is_known_as_one() {
        for (line, expected) in [
            ("bounce --too x", true),
            ("--config a.toml bounce x", true),
            ("--confg a.toml bounce", true),
            ("send --mesage bounce", false),
            ("bounc", false),
            ("", false),
        ] {
            let words: Vec<OsString> = ["chasqui"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
            assert!(Cli::of(&words).is_err(), "{line}");
            assert_eq!(is_for_a_mail_server(&words), expected, "{line}");
        }
    }

    #[test]
    fn what_send_has_no_option_for_is_told_with_what_was_meant() {
        for (line, tip) in [
            ("--destination +12025550143", "did you mean --to?"),
            ("--phone +12025550143", "did you mean --to?"),
            ("--body Hello", "did you mean --message?"),
            ("--text=Hello", "did you mean --message?"),
            ("--msg Hello", "did you mean --message?"),
            ("--mesage Hello", "did you mean --message?"),
            ("--ttl-seconds 5", "did you mean --ttl?"),
            ("--sendat x", "did you mean --send-at?"),
            ("--fallback x", "no option gives fallback: publish a body that has it"),
            ("--cron x", "POST /schedules"),
            ("--cc a@example.org", "no option gives cc: publish a body that has it"),
            ("--message Your table", "between quotes: --message '…'"),
            ("--subject=Your table", "between quotes: --subject '…'"),
            ("--to --message x", "--to has no text: --message follows it"),
        ] {
            let words = ["chasqui", "send"].into_iter().chain(line.split(' ')).map(OsString::from);
            let told = Cli::of(&words.collect::<Vec<_>>()).expect_err(line);
            assert_eq!(told.exit_code(), 2, "{line}");
            let told = told.to_string();
            assert!(told.contains("tip: ") && told.contains(tip), "{line}: {told}");
            assert!(!told.contains("'--config'"), "{line}: {told}");
        }
        for (line, tip) in [("--wiat", "'--wait'"), ("--confg", "'--config'")] {
            let told = Cli::of(&["chasqui", "send", line].map(OsString::from)).expect_err(line).to_string();
            assert!(told.contains(tip), "clap's own tip stays: {told}");
        }
    }
}
