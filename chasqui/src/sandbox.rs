//! `chasqui sandbox fault`: what goes wrong on demand with what the sandbox carries.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use channels::{Channels, Handling, SandboxMode};
use clap::Subcommand;
use domain::{ChannelName, FieldError, Tenant, printable};
use operations::faults::{self, Asked};
use serde_json::{Map, Value, json};
use store::SandboxFault;

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::operator::actor;
use crate::output::{self, say};
use crate::providers::of_this_directory;
use crate::words::{channel, tenant};
use crate::{exit, logs, parts, unconfigured};

#[derive(Subcommand, Debug)]
pub enum SandboxCommand {
    /// What goes wrong with the next attempts of a channel that the sandbox carries
    #[command(subcommand)]
    Fault(FaultCommand),
}

#[derive(Subcommand, Debug)]
pub enum FaultCommand {
    /// Have the next attempts of a channel go wrong
    Set(Box<Set>),
    /// Clear what is set for a channel: exit code 1 when nothing is left of it
    Clear(Clear),
    /// List what is set, and for how many messages yet
    List(List),
}

#[derive(clap::Args, Debug)]
pub struct Set {
    /// email, inapp, sms, whatsapp, telegram, slack, push, webpush or webhook
    #[arg(long)]
    channel: String,
    /// With so many of its messages
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    next: String,
    /// The status of the answer: 503 is tried again, 429 waits, 400 is refused for good
    #[arg(long, value_name = "STATUS", allow_hyphen_values = true)]
    status: Option<String>,
    /// Seconds that the answer has in Retry-After
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    retry_after: Option<String>,
    /// How long the answer is held back
    #[arg(long, value_name = "MILLISECONDS", allow_hyphen_values = true)]
    latency_ms: Option<String>,
    /// There is no answer: nobody knows whether the message was taken
    #[arg(long)]
    cut: bool,
    /// Whose messages
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Who says so; default: the name of the login
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(clap::Args, Debug)]
pub struct Clear {
    /// email, inapp, sms, whatsapp, telegram, slack, push, webpush or webhook
    #[arg(long, value_parser = channel)]
    channel: ChannelName,
    /// Whose messages
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Who says so; default: the name of the login
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose messages
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(sources: Sources, SandboxCommand::Fault(command): SandboxCommand) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger(of_this_directory(sources)), Role::Ledger)?;
    logs::start(&config)?;
    let (store, clock) = (parts::existing_store(&config, parts::clock()).await?, parts::clock());
    match command {
        FaultCommand::Set(what) => {
            let asked = what.asked().map_err(|errors| refused(&errors))?;
            let actor = actor(what.by.as_deref(), what.tenant.clone());
            let set =
                faults::set(&store, &actor, asked, clock.as_ref()).await.context("the ledger has not stored it")?;
            say!("set {}", line_of(&set));
            say!("workers know of it within a second; what dies of it is told by `chasqui dead groups`");
            if let Some(why) = not_carried(&config.channels, &set.channel) {
                output::complain(format_args!("{why}"));
            }
            if !faults::is_known(&store, &what.tenant).await.context("the tenant could not be looked up")? {
                output::complain(format_args!(
                    "nothing of the tenant {} was ever seen, neither a delivery nor a user nor a key: is it written as its \
                     services write it?",
                    what.tenant
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        FaultCommand::Clear(Clear { channel, tenant, by }) => {
            let actor = actor(by.as_deref(), tenant);
            let cleared = faults::clear(&store, &actor, &channel, clock.as_ref()).await;
            let cleared = cleared.context("the ledger has cleared nothing")?;
            match &cleared {
                Some(set) => say!("cleared {}", line_of(set)),
                None => say!("nothing is set for {channel} of {}", actor.tenant),
            }
            Ok(exit::answer(cleared.is_some()))
        }
        FaultCommand::List(List { tenant, json }) => {
            let found = faults::list(&store, Some(&tenant)).await.context("the ledger could not be read")?;
            for set in &found {
                match json {
                    true => output::json(&json_of(set)),
                    false => say!("{}", line_of(set)),
                }
            }
            if found.is_empty() && !json {
                say!("nothing is set for {tenant}");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Set {
    /// # Errors
    /// Every option that is wrong.
    fn asked(&self) -> Result<Asked, Vec<FieldError>> {
        // A value that is no number stays a text, which the rule of the field refuses.
        let number = |text: &String| text.trim().parse::<u64>().map_or_else(|_| json!(text), Value::from);
        let given = [
            ("channel", Some(json!(self.channel))),
            ("next", Some(number(&self.next))),
            ("status", self.status.as_ref().map(number)),
            ("retry_after", self.retry_after.as_ref().map(number)),
            ("latency_ms", self.latency_ms.as_ref().map(number)),
            ("cut", self.cut.then_some(Value::Bool(true))),
        ];
        let fields = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Asked::of(fields.collect::<Map<String, Value>>())
    }
}

/// Why nothing comes of a fault, as far as the settings here say; the workers may have others.
fn not_carried(settings: &channels::Settings, channel: &ChannelName) -> Option<String> {
    // A kind of destinations has its prefix behind the name of its channel.
    let is_of_it = |name: &str| name.split(' ').next() == Some(channel.as_str());
    let mut of_it = Channels::handling(settings).into_iter().filter(|(name, ..)| is_of_it(name));
    if of_it.any(|(_, handling, _)| matches!(handling, Handling::Captured { .. })) {
        return None;
    }
    let mode = match settings.sandbox {
        SandboxMode::Off => "SANDBOX is off",
        SandboxMode::Missing => "SANDBOX=missing leaves what is configured to its providers",
        SandboxMode::All => "CHANNELS leaves it out",
    };
    Some(format!(
        "by the settings here the sandbox carries no message of {channel} ({mode}), so that nothing goes wrong with any: a fault \
         works where the workers have SANDBOX=all, or SANDBOX=missing and no provider of {channel}"
    ))
}

/// What is wrong, by the options.
fn refused(errors: &[FieldError]) -> anyhow::Error {
    let option = |error: &FieldError| error.pointer.trim_start_matches('/').replace('_', "-");
    let said = errors.iter().map(|error| format!("--{} {}", option(error), error.detail));
    Usage(said.collect::<Vec<_>>().join("\n")).into()
}

fn line_of(set: &SandboxFault) -> String {
    let SandboxFault { tenant, channel, next, left, fault, by, at } = set;
    let line = format!("{channel} for {tenant}: {fault}, {left} of {next} left, since {at} by {by}");
    printable(&line).into_owned()
}

fn json_of(set: &SandboxFault) -> Value {
    json!({
        "tenant": set.tenant.as_str(), "channel": set.channel.as_str(), "next": set.next, "left": set.left,
        "status": set.fault.status, "retry_after": set.fault.retry_after.map(|wait| wait.as_secs()),
        "latency_ms": u64::try_from(set.fault.latency.as_millis()).unwrap_or(u64::MAX), "cut": set.fault.cut,
        "by": set.by, "at": set.at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(status: Option<&str>, cut: bool) -> Set {
        Set {
            channel: "sms".into(),
            next: "3".into(),
            status: status.map(str::to_owned),
            retry_after: None,
            latency_ms: None,
            cut,
            tenant: Tenant::default(),
            by: None,
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_the_options() {
        let Asked { channel, next, fault } = set(Some("503"), false).asked().expect("a fault");
        assert_eq!((channel.as_str(), next, fault.to_string().as_str()), ("sms", 3, "status 503"));
        let told = refused(&set(Some("soon"), true).asked().expect_err("no number")).to_string();
        assert!(told.contains("--status must be a whole number from 400 to 599"), "{told}");
        let slow = Set { latency_ms: Some("-1".into()), ..set(None, false) };
        let told = refused(&slow.asked().expect_err("no number")).to_string();
        assert!(told.starts_with("--latency-ms must be"), "{told}");
    }

    #[test]
    fn a_fault_of_a_channel_that_the_sandbox_does_not_carry_is_told_to_do_nothing() {
        let told = |sandbox, channel: &str| {
            let mut settings = channels::Settings::unset(std::time::Duration::from_secs(10));
            settings.sandbox = sandbox;
            settings.smtp.host = Some("mail.example".into());
            settings.smtp.from_email = Some("noreply@example.org".into());
            settings.smtp.tls = channels::smtp::Tls::None;
            not_carried(&settings, &ChannelName::parse(channel).expect("a channel"))
        };
        for (sandbox, channel, expected) in [
            (SandboxMode::Off, "sms", Some("carries no message of sms (SANDBOX is off)")),
            (SandboxMode::Off, "email", Some("carries no message of email (SANDBOX is off)")),
            (SandboxMode::Missing, "email", Some("SANDBOX=missing leaves what is configured")),
            (SandboxMode::Missing, "sms", None),
            (SandboxMode::All, "email", None),
            (SandboxMode::All, "push", None),
        ] {
            let told = told(sandbox, channel);
            let is_as_expected = match (&told, expected) {
                (Some(told), Some(words)) => told.contains(words),
                (told, expected) => told.is_none() && expected.is_none(),
            };
            assert!(is_as_expected, "{sandbox:?} {channel}: {told:?}");
        }
    }

    #[test]
    fn a_line_says_what_and_how_often_yet() {
        let Asked { channel, next, fault } = set(None, true).asked().expect("a fault");
        let (tenant, by) = (Tenant::default(), "ada\u{1b}[31m".to_owned());
        let set = SandboxFault { tenant, channel, next, left: 1, fault, by, at: testkit::NOW };
        let line = line_of(&set);
        assert!(line.starts_with("sms for default: cut, 1 of 3 left, since 2026-03-01"), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
        assert_eq!((&json_of(&set)["left"], &json_of(&set)["cut"]), (&json!(1), &json!(true)));
    }
}
