//! `chasqui providers`: how the providers are, as the workers have found it, and whether they would take messages.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use channels::{Channels, Checked, Enabled, SandboxMode};
use clap::Subcommand;
use domain::{Pause, PauseKind, Pauses, SANDBOX, Tenant, Timestamp, Window};
use serde_json::{Value, json};
use store::{LimitUse, ProviderState};

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

/// One window of a limit, and how much of it the workers have leased.
struct Limited {
    medium: &'static str,
    window: Window,
    used: u32,
    /// None where nothing was leased of the present window.
    ends: Option<Timestamp>,
}

/// Lists what the workers have found. Exit code 1 when a provider is given no messages.
async fn list(sources: Sources, json: bool) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger(of_this_directory(sources)), Role::Ledger)?;
    logs::start(&config)?;
    let carriers = carriers(&config)?;
    if carriers.is_empty() {
        return nobody(&config, json);
    }
    let is_captured = config.channels.sandbox == SandboxMode::All;
    let (clock, store) = (parts::clock(), parts::existing_store(&config, parts::clock()).await?);
    let found = store.providers().await.context("the ledger could not be read")?;
    let paused: Pauses = store.pauses().await.context("the ledger could not be read")?.into_iter().collect();
    let now = clock.now();
    let used = store.limits(now).await.context("the ledger could not be read")?;
    let mut all_work = true;
    for (provider, carried) in &carriers {
        let pauses = pauses_of(&paused, provider, now);
        all_work &= pauses.iter().all(|pause| pause.tenant.is_some());
        for carrier in carried {
            let known = worst(&found, provider, carrier.name());
            all_work &= known.is_none_or(|known| !is_given_nothing(known, now));
            let limits = limits(provider, carrier, &used);
            if json {
                output::json(&state_as_json(provider, carrier.name(), known, &limits, is_captured, &pauses));
                continue;
            }
            say!("{}", line(provider, carrier.name(), &in_words(known, now, is_captured)));
            for limited in &limits {
                say!("{}", limit_in_words(limited));
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
fn of_this_directory(mut sources: Sources) -> Sources {
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

/// What was found of a provider for a medium: what keeps all its media back, as long as that does, or else this one.
fn worst<'a>(found: &'a [ProviderState], provider: &str, medium: &str) -> Option<&'a ProviderState> {
    let of = |name: &str| found.iter().find(|state| state.name == name);
    let credentials = of(provider).filter(|state| state.state != "closed");
    credentials.or_else(|| of(&format!("{provider}/{medium}"))).or_else(|| of(provider))
}

/// For everybody, and for single tenants.
fn pauses_of<'a>(all: &'a Pauses, provider: &str, now: Timestamp) -> Vec<&'a Pause> {
    let is_its_own = |pause: &&Pause| pause.kind == PauseKind::Provider && pause.name == provider;
    all.in_force(now).into_iter().filter(is_its_own).collect()
}

fn is_given_nothing(known: &ProviderState, now: Timestamp) -> bool {
    known.state == "credentials_refused" || known.open_until.is_some_and(|until| until > now)
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

/// The windows that the settings here name for a medium of a provider, each with what the workers have leased of it.
fn limits(provider: &str, carrier: &Enabled, used: &[LimitUse]) -> Vec<Limited> {
    let medium = carrier.name();
    let limited = carrier.limits().iter().map(|&window| {
        let is_of_it = |one: &&LimitUse| {
            (one.provider.as_str(), one.medium.as_str()) == (provider, medium)
                && one.window_seconds == window.unit.seconds()
        };
        let found = used.iter().find(is_of_it);
        let ends = found.map(|found| window.unit.end(found.began));
        Limited { medium, window, used: found.map_or(0, |found| found.used), ends }
    });
    limited.collect()
}

fn limit_in_words(limited: &Limited) -> String {
    let Limited { medium, window, used, ends } = limited;
    let ends = ends.map(|ends| format!(", until {ends}")).unwrap_or_default();
    format!("{:<15} {medium:<14} {used} of {}/{} leased{ends}", "", window.messages, window.unit.as_str())
}

fn limit_as_json(limited: &Limited) -> Value {
    let Limited { medium, window, used, ends } = limited;
    json!({
        "medium": medium, "window": window.unit.as_str(), "limit": window.messages, "used": used,
        "ends_at": ends.map(|ends| ends.to_string()),
    })
}

fn pause_as_json(pause: &Pause) -> Value {
    json!({
        "tenant": pause.tenant.as_ref().map(Tenant::as_str), "why": pause.why, "by": pause.by,
        "since": pause.since.to_string(), "until": pause.until.map(|until| until.to_string()),
    })
}

fn state_as_json(
    provider: &str,
    medium: &str,
    known: Option<&ProviderState>,
    limits: &[Limited],
    is_captured: bool,
    pauses: &[&Pause],
) -> Value {
    json!({
        "provider": provider, "medium": medium, "captured": is_captured,
        "state": known.map(|known| known.state.as_str()),
        "open_until": known.and_then(|known| known.open_until).map(|until| until.to_string()),
        "noted_at": known.map(|known| known.noted_at.to_string()),
        "limits": limits.iter().map(limit_as_json).collect::<Vec<_>>(),
        "paused": pauses.iter().map(|pause| pause_as_json(pause)).collect::<Vec<_>>(),
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

    use domain::WindowUnit;
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
            assert_eq!(is_given_nothing(&known, NOW), given_nothing, "{words}");
        }
        assert_eq!(in_words(None, NOW, false), "works, as far as anybody has found");
    }

    #[test]
    fn a_provider_whose_messages_the_sandbox_captures_is_said_to_be_given_nothing() {
        let told = in_words(None, NOW, true);
        let words = "given nothing, because SANDBOX=all captures all messages (works, as far as anybody has found)";
        assert_eq!(told, words);
        assert_eq!(state_as_json("smtp", "email", None, &[], true, &[])["captured"], json!(true));
    }

    #[test]
    fn each_window_is_told_with_what_is_leased_of_it_and_its_end() {
        let window = Window { unit: WindowUnit::Hour, messages: 5000 };
        let mut limited = Limited { medium: "sms", window, used: 0, ends: None };
        assert_eq!(limit_in_words(&limited).trim_start(), "sms            0 of 5000/h leased");
        (limited.used, limited.ends) = (120, Some(NOW));
        assert_eq!(limit_in_words(&limited).trim_start(), format!("sms            120 of 5000/h leased, until {NOW}"));
        let expected = json!({"medium": "sms", "window": "h", "limit": 5000, "used": 120, "ends_at": NOW.to_string()});
        assert_eq!(limit_as_json(&limited), expected);
    }

    #[test]
    fn refused_credentials_are_told_of_every_medium_and_a_failure_of_its_own() {
        let row = |name: &str, state: &str| ProviderState {
            name: name.to_owned(),
            state: state.to_owned(),
            open_until: None,
            noted_at: NOW,
        };
        let told = |found: &[ProviderState]| {
            ["sms", "whatsapp"].map(|medium| worst(found, "twilio", medium).map(|state| state.state.clone()))
        };
        let state = |state: &str| Some(state.to_owned());
        assert_eq!(told(&[]), [None, None]);
        assert_eq!(told(&[row("twilio/whatsapp", "open")]), [None, state("open")]);
        let refused = [row("twilio", "credentials_refused"), row("twilio/whatsapp", "open")];
        assert_eq!(told(&refused), [state("credentials_refused"), state("credentials_refused")]);
        let accepted = [row("twilio", "closed"), row("twilio/whatsapp", "open")];
        assert_eq!(told(&accepted), [state("closed"), state("open")]);
    }

    #[test]
    fn a_provider_is_told_with_its_own_pauses_that_are_in_force() {
        let pause = |kind, name: &str, until| Pause {
            id: Pause::id_of(kind, name, None),
            kind,
            name: name.into(),
            tenant: None,
            why: "it is being moved".into(),
            by: "ada".into(),
            since: NOW,
            until,
        };
        let later = Some(NOW.plus(Duration::from_secs(60)));
        let all: Pauses = [
            pause(PauseKind::Provider, "smtp", later),
            pause(PauseKind::Provider, "twilio", Some(NOW)),
            pause(PauseKind::Channel, "smtp", None),
        ]
        .into_iter()
        .collect();
        let of = |provider| pauses_of(&all, provider, NOW);
        assert_eq!((of("smtp").len(), of("smtp")[0].until, of("twilio").len()), (1, later, 0));
        let told = state_as_json("smtp", "email", None, &[], false, &of("smtp"));
        assert_eq!(told["paused"][0]["why"], "it is being moved");
    }
}
