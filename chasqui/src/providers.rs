//! `chasqui providers`: how the providers are, as the workers have found it, and whether they would take messages.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use channels::{Channels, Checked, Enabled, SandboxMode};
use clap::Subcommand;
use domain::{Pause, SANDBOX, Tenant, Timestamp};
use operations::pauses::Reach;
use operations::providers::{self, Carried, Limited};
use serde_json::{Value, json};
use store::ProviderState;

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::{self, say};
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct Providers {
    #[command(subcommand)]
    command: Option<ProvidersCommand>,
    /// One JSON object per line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum ProvidersCommand {
    /// Ask each provider whether it accepts our credentials, and send nothing: exit code 1 when one does not
    Check,
}

/// Who carries which media here, by provider.
type Carriers = BTreeMap<&'static str, Vec<Arc<Enabled>>>;

pub(crate) async fn run(sources: Sources, what: Providers) -> Result<ExitCode> {
    match what.command {
        None => list(sources, what.json).await,
        Some(ProvidersCommand::Check) => check(sources, what.json).await,
    }
}

/// Lists what the workers have found. Exit code 1 when a provider is given no messages.
async fn list(sources: Sources, json: bool) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger(of_this_directory(sources)), Role::Ledger)?;
    logs::start(&config)?;
    let carriers = carriers(&config)?;
    if carriers.is_empty() {
        return nobody(&config, json);
    }
    let (clock, store) = (parts::clock(), parts::existing_store(&config, parts::clock()).await?);
    let (named, now) = (parts::carriers(&config.channels).map_err(|problems| Usage(problems.join("\n")))?, clock.now());
    let all = providers::list(&store, &named, &Reach::Everybody, now).await.context("the ledger could not be read")?;
    let mut all_work = true;
    for (provider, carried) in &carriers {
        let own: Vec<&Carried> = all.iter().filter(|one| one.is_configured && one.provider == *provider).collect();
        let pauses: &[Pause] = own.first().map(|one| one.pauses.as_slice()).unwrap_or_default();
        all_work &= pauses.iter().all(|pause| pause.tenant.is_some());
        for one in own {
            all_work &= !one.is_given_nothing(now);
            if json {
                output::json(&state_as_json(one));
                continue;
            }
            say!("{}", line(provider, &one.medium, &in_words(one.known.as_ref(), now, one.is_captured)));
            for limited in &one.limits {
                say!("{}", limit_in_words(&one.medium, limited));
            }
        }
        for pause in pauses.iter().filter(|_| !json) {
            let what = format!("{}; paused by {}", pause.told(), pause.by);
            say!("{}", line(provider, &media(carried).join(", "), &what));
        }
    }
    Ok(exit::answer(all_work))
}

/// Asks each provider. Exit code 1 when one refuses us or is not there.
async fn check(sources: Sources, json: bool) -> Result<ExitCode> {
    let config = Config::read(of_this_directory(sources), Role::Probe)?;
    logs::start(&config)?;
    let (carriers, clock, patience) = (carriers(&config)?, parts::clock(), config.channels.provider_timeout);
    if carriers.is_empty() {
        return nobody(&config, json);
    }
    let mut all_accept = true;
    for (provider, carried) in &carriers {
        let Some(one) = carried.first() else { continue };
        let in_vain = |_| Checked::Unreachable(format!("no answer within {} s", patience.as_secs_f32()));
        let checked = tokio::time::timeout(patience, one.check(clock.now())).await.unwrap_or_else(in_vain);
        let (word, why) = checked_in_words(&checked);
        all_accept &= matches!(checked, Checked::Accepted | Checked::NothingToAsk);
        match json {
            true => output::json(&json!({"provider": provider, "media": media(carried), "result": word, "why": why})),
            false => {
                let what = why.map_or(word.to_owned(), |why| format!("{word}: {why}"));
                say!("{}", line(provider, &media(carried).join(", "), &what));
            }
        }
    }
    Ok(exit::answer(all_accept))
}

/// Whoever is configured, also where the sandbox captures their messages.
fn carriers(config: &Config) -> Result<Carriers> {
    let live = channels::Settings { sandbox: SandboxMode::Missing, ..config.channels.clone() };
    let channels = Channels::enable(&live).map_err(|problems| Usage(problems.join("\n")))?;
    let mut carriers = Carriers::new();
    for carrier in channels.all().filter(|carrier| carrier.provider() != SANDBOX) {
        carriers.entry(carrier.provider()).or_default().push(Arc::clone(carrier));
    }
    Ok(carriers)
}

/// The sources as a fleet of this directory reads them: `chasqui up` captures everything where nobody says otherwise.
pub(crate) fn of_this_directory(mut sources: Sources) -> Sources {
    if unconfigured::is_here(&sources) && sources.get("SANDBOX").is_none() {
        sources.set("SANDBOX", "all");
    }
    sources
}

/// Says that nobody is configured.
///
/// # Errors
/// No sandbox captures what is published, so that these are not the settings of a worker.
fn nobody(config: &Config, json: bool) -> Result<ExitCode> {
    if config.channels.sandbox == SandboxMode::Off {
        return Err(Usage("no provider is configured here: give the settings that the workers have".into()).into());
    }
    if !json {
        say!("no provider is configured here: the sandbox captures all messages");
    }
    Ok(exit::answer(true))
}

fn media(carried: &[Arc<Enabled>]) -> Vec<&'static str> {
    carried.iter().map(|carrier| carrier.name()).collect()
}

fn line(provider: &str, media: &str, what: &str) -> String {
    domain::printable(&format!("{provider:<15} {media:<14} {what}")).into_owned()
}

fn in_words(known: Option<&ProviderState>, now: Timestamp, is_captured: bool) -> String {
    let state = state_in_words(known, now);
    if is_captured { format!("given nothing, because SANDBOX=all captures all messages ({state})") } else { state }
}

fn state_in_words(known: Option<&ProviderState>, now: Timestamp) -> String {
    let Some(known) = known else { return "works, as far as anybody has found".into() };
    let found = known.noted_at;
    match (known.state.as_str(), known.open_until) {
        ("closed", _) => format!("works, as found at {found}"),
        ("credentials_refused", _) => {
            format!("refuses our credentials: one message every two minutes asks again, as found at {found}")
        }
        ("half_open", _) => format!("is being tried out, as found at {found}"),
        (_, Some(until)) if until > now => format!("fails: given no messages until {until}, as found at {found}"),
        ("open", _) => format!("has failed, and is tried out by the next message, as found at {found}"),
        (state, _) => format!("{state}, as found at {found}"),
    }
}

fn limit_in_words(medium: &str, limited: &Limited) -> String {
    let Limited { unit, messages, used, ends } = limited;
    let of = messages.map(|messages| format!(" of {messages}/{}", unit.as_str())).unwrap_or_default();
    let ends = ends.map(|ends| format!(", until {ends}")).unwrap_or_default();
    format!("{:<15} {medium:<14} {used}{of} leased{ends}", "")
}

fn limit_as_json(medium: &str, limited: &Limited) -> Value {
    let Limited { unit, messages, used, ends } = limited;
    json!({
        "medium": medium, "window": unit.as_str(), "limit": messages, "used": used,
        "ends_at": ends.map(|ends| ends.to_string()),
    })
}

fn pause_as_json(pause: &Pause) -> Value {
    json!({
        "tenant": pause.tenant.as_ref().map(Tenant::as_str), "why": pause.why, "by": pause.by,
        "since": pause.since.to_string(), "until": pause.until.map(|until| until.to_string()),
    })
}

fn state_as_json(one: &Carried) -> Value {
    let known = one.known.as_ref();
    json!({
        "provider": one.provider, "medium": one.medium, "captured": one.is_captured,
        "state": known.map(|known| known.state.as_str()),
        "open_until": known.and_then(|known| known.open_until).map(|until| until.to_string()),
        "noted_at": known.map(|known| known.noted_at.to_string()),
        "limits": one.limits.iter().map(|limited| limit_as_json(&one.medium, limited)).collect::<Vec<_>>(),
        "paused": one.pauses.iter().map(pause_as_json).collect::<Vec<_>>(),
    })
}

fn checked_in_words(checked: &Checked) -> (&'static str, Option<&str>) {
    match checked {
        Checked::Accepted => ("accepts our credentials", None),
        Checked::Refused(why) => ("refuses us", Some(why.as_str())),
        Checked::Unreachable(why) => ("cannot be reached", Some(why.as_str())),
        Checked::NothingToAsk => ("has nobody to ask before there is a message", None),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{PauseKind, WindowUnit};
    use testkit::NOW;

    use super::*;

    #[test]
    fn how_a_provider_is_told_depends_on_what_the_workers_have_found_and_on_the_time() {
        let later = NOW.plus(Duration::from_secs(60));
        for (state, until, expected, given_nothing) in [
            ("closed", None, "works, as found at", false),
            ("open", Some(later), "fails: given no messages until", true),
            ("open", Some(NOW), "has failed, and is tried out", false),
            ("half_open", None, "is being tried out", false),
            ("credentials_refused", None, "refuses our credentials", true),
            ("something newer", None, "something newer", false),
        ] {
            let (name, state) = ("smtp".to_owned(), state.to_owned());
            let known = ProviderState { name, state, open_until: until, noted_at: NOW };
            let words = state_in_words(Some(&known), NOW);
            assert!(words.starts_with(expected), "{words}");
            let one = Carried { known: Some(known), ..of_smtp(Vec::new()) };
            assert_eq!(one.is_given_nothing(NOW), given_nothing, "{words}");
        }
        assert_eq!(in_words(None, NOW, false), "works, as far as anybody has found");
    }

    #[test]
    fn a_provider_whose_messages_the_sandbox_captures_is_said_to_be_given_nothing() {
        let told = in_words(None, NOW, true);
        let words = "given nothing, because SANDBOX=all captures all messages (works, as far as anybody has found)";
        assert_eq!(told, words);
        let captured = Carried { is_captured: true, ..of_smtp(Vec::new()) };
        assert_eq!(state_as_json(&captured)["captured"], json!(true));
    }

    #[test]
    fn each_window_is_told_with_what_is_leased_of_it_and_its_end() {
        let mut limited = Limited { unit: WindowUnit::Hour, messages: Some(5000), used: 0, ends: None };
        assert_eq!(limit_in_words("sms", &limited).trim_start(), "sms            0 of 5000/h leased");
        (limited.used, limited.ends) = (120, Some(NOW));
        let told = format!("sms            120 of 5000/h leased, until {NOW}");
        assert_eq!(limit_in_words("sms", &limited).trim_start(), told);
        let expected = json!({"medium": "sms", "window": "h", "limit": 5000, "used": 120, "ends_at": NOW.to_string()});
        assert_eq!(limit_as_json("sms", &limited), expected);
    }

    #[test]
    fn a_provider_is_told_with_its_pauses() {
        let pause = Pause {
            id: Pause::id_of(PauseKind::Provider, "smtp", None),
            kind: PauseKind::Provider,
            name: "smtp".into(),
            tenant: None,
            why: "it is being moved".into(),
            by: "ada".into(),
            by_platform: false,
            since: NOW,
            until: Some(NOW.plus(Duration::from_secs(60))),
        };
        assert_eq!(state_as_json(&of_smtp(vec![pause]))["paused"][0]["why"], "it is being moved");
    }

    fn of_smtp(pauses: Vec<Pause>) -> Carried {
        Carried {
            medium: "email".into(),
            provider: "smtp".into(),
            is_configured: true,
            is_captured: false,
            known: None,
            limits: Vec::new(),
            pauses,
        }
    }
}
