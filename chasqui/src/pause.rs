//! `chasqui pause`, `chasqui resume` and `chasqui pauses`: what waits until somebody resumes it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Clock, FieldError, Pause, PauseKind, Tenant, nearest, printable};
use operations::pauses::{self, Asked, Outcome, Reach};
use serde_json::{Map, Value, json};
use store::{MAX_PAUSES, Store};
use templates::Templates;

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{one_of, tenant, time};
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct PauseWhat {
    /// channel, provider, template or tenant
    #[arg(value_parser = kind)]
    kind: PauseKind,
    /// Its name
    name: String,
    /// Why, for whoever asks later; the events of what waits say so too
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    why: String,
    /// When it ends by itself: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", conflicts_with = "for")]
    until: Option<String>,
    /// How long it lasts: 90s, 10m, 2h, 1d
    #[arg(long = "for", id = "for", value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    lasts: Option<Duration>,
    /// Only the deliveries of this tenant; default: those of all
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct ResumeWhat {
    /// channel, provider, template or tenant
    #[arg(value_parser = kind)]
    kind: PauseKind,
    /// Its name
    name: String,
    /// What is paused for the deliveries of this tenant only
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct Pauses {
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

/// Pauses something, and says so.
pub(crate) async fn pause(sources: Sources, what: PauseWhat) -> Result<ExitCode> {
    if what.lasts == Some(Duration::ZERO) {
        return Err(Usage("--for must be longer than that: 90s, 10m, 2h, 1d".into()).into());
    }
    let templates = templates(sources.clone());
    let (store, clock) = open(sources).await?;
    let now = clock.now();
    let until = what.lasts.map(|lasts| now.plus(lasts).to_string()).or(what.until);
    let given = [
        ("kind", Some(what.kind.as_str().to_owned())),
        ("name", Some(what.name)),
        ("tenant", what.tenant),
        ("why", Some(what.why)),
        ("until", until),
    ];
    let fields = given.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let fields: Map<String, Value> = fields.collect();
    let empty = fields.iter().filter(|(_, value)| value.as_str().is_some_and(|text| text.trim().is_empty()));
    let empty: Vec<String> = empty.map(|(name, _)| format!("{} is empty", option(name))).collect();
    if !empty.is_empty() {
        return Err(Usage(empty.join("\n")).into());
    }
    let asked = Asked::of(fields, None, &channels::provider_names(), now).map_err(|errors| refused(&errors))?;
    let actor = what.by.actor(Tenant::default());
    let doubts = pauses::doubts(&store, &asked, &actor.tenant, templates.as_deref()).await;
    let outcome = pauses::pause(&store, &actor, asked, clock.as_ref()).await;
    match outcome.context("the ledger has not stored it")? {
        Outcome::Paused(pause) => {
            say!("paused {}", line_of(&pause));
            doubts.iter().for_each(|doubt| output::complain(format_args!("{}", exit::said(doubt, option))));
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Foreign(error) => Err(refused(&[error])),
        Outcome::TooMany => {
            say!("not paused: there are {MAX_PAUSES} pauses already; resume one");
            Ok(exit::answer(false))
        }
    }
}

/// Resumes what is paused. Exit code 1, with what is paused, when it is not.
pub(crate) async fn resume(sources: Sources, what: ResumeWhat) -> Result<ExitCode> {
    let (store, clock) = open(sources).await?;
    let ResumeWhat { kind, name, tenant, by } = what;
    let tenant = if kind == PauseKind::Tenant { Tenant::parse(&name) } else { tenant };
    let id = Pause::id_of(kind, &name, tenant.as_ref());
    let actor = by.actor(Tenant::default());
    let resumed = pauses::resume(&store, &actor, &id, clock.as_ref()).await;
    let resumed = resumed.context("the ledger has resumed nothing")?;
    if let Some(pause) = &resumed {
        say!("resumed {}", line_of(pause));
        return Ok(ExitCode::SUCCESS);
    }
    let others = pauses::list(&store, &Reach::Everybody, clock.now()).await.context("the ledger could not be read")?;
    say!("{}", not_paused(kind, &name, &others));
    others.iter().for_each(|pause| say!("{}", line_of(pause)));
    Ok(exit::answer(false))
}

/// Lists what is paused.
pub(crate) async fn list(sources: Sources, what: Pauses) -> Result<ExitCode> {
    let (store, clock) = open(sources).await?;
    let found = pauses::list(&store, &Reach::Everybody, clock.now()).await.context("the ledger could not be read")?;
    for pause in &found {
        match what.json {
            true => output::json(&json_of(pause)),
            false => say!("{}", line_of(pause)),
        }
    }
    if found.is_empty() && !what.json {
        say!("nothing is paused");
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(sources: Sources) -> Result<(Store, Arc<dyn Clock>)> {
    let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
    logs::start(&config)?;
    Ok((parts::existing_store(&config, parts::clock()).await?, parts::clock()))
}

/// The templates, where they can be loaded: whoever must stop something now is not held up by one that is broken.
fn templates(sources: Sources) -> Option<Arc<Templates>> {
    Config::read(sources, Role::Lint).ok()?.templates
}

fn kind(text: &str) -> Result<PauseKind, String> {
    PauseKind::parse(text).ok_or_else(|| one_of(text, &PauseKind::ALL.map(PauseKind::as_str)))
}

/// What is wrong, by what was given.
fn refused(errors: &[FieldError]) -> anyhow::Error {
    Usage::of(errors, option).into()
}

fn option(field: &str) -> String {
    match field {
        "kind" | "name" => format!("the {field}"),
        other => format!("--{other}"),
    }
}

/// With what was most likely meant.
fn not_paused(kind: PauseKind, name: &str, others: &[Pause]) -> String {
    let names = others.iter().filter(|pause| pause.kind == kind).map(|pause| pause.name.as_str());
    let hint = match nearest(name, names) {
        Some(near) if near == name => ": it is, for other deliveries than these; see --tenant".to_owned(),
        Some(near) => format!(": did you mean {near}?"),
        None if others.is_empty() => ", and nothing else is".to_owned(),
        None => "; these are:".to_owned(),
    };
    printable(&format!("the {kind} {name} is not paused{hint}")).into_owned()
}

fn line_of(pause: &Pause) -> String {
    let until = pause.until.map(|at| format!(" until {at}")).unwrap_or_default();
    // Of what is paused for everybody that goes without saying.
    let is_of_platform = pause.by_platform && pause.tenant.is_some();
    let platform = if is_of_platform { ", who acts for all tenants" } else { "" };
    let Pause { since, by, why, .. } = pause;
    printable(&format!("{}, since {since}{until} by {by}{platform}: {why}", pause.thing())).into_owned()
}

fn json_of(pause: &Pause) -> Value {
    json!({
        "id": pause.id, "kind": pause.kind.as_str(), "name": pause.name,
        "tenant": pause.tenant.as_ref().map(Tenant::as_str), "why": pause.why, "by": pause.by,
        "by_platform": pause.by_platform, "since": pause.since.to_string(), "until": pause.until.map(|at| at.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause() -> Pause {
        Pause {
            id: "p-1".into(),
            kind: PauseKind::Channel,
            name: "sms".into(),
            tenant: Tenant::parse("acme"),
            why: "a\u{1b}[31m".into(),
            by: "ada".into(),
            by_platform: false,
            since: testkit::NOW,
            until: Some(testkit::NOW.plus(Duration::from_secs(60))),
        }
    }

    #[test]
    fn a_line_says_what_why_and_until_when_and_acts_on_no_terminal() {
        let line = line_of(&pause());
        assert!(line.starts_with("the channel sms for acme, since 2026-03-01"), "{line}");
        assert!(line.contains(" until 2026-03-01") && line.contains(" by ada: a"), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
        let of_platform = line_of(&Pause { by_platform: true, ..pause() });
        assert!(of_platform.contains(" by ada, who acts for all tenants: a"), "{of_platform}");
        assert_eq!((&json_of(&pause())["tenant"], &json_of(&pause())["kind"]), (&json!("acme"), &json!("channel")));
    }

    #[test]
    fn a_word_that_is_none_is_told_with_the_nearest_one() {
        assert!(kind("chanel").is_err_and(|said| said.ends_with("did you mean channel?")));
        assert_eq!(kind("tenant"), Ok(PauseKind::Tenant));
        let told = |name, others: &[Pause]| not_paused(PauseKind::Channel, name, others);
        assert!(told("smss", &[pause()]).ends_with("is not paused: did you mean sms?"));
        assert!(told("sms", &[pause()]).ends_with("see --tenant"));
        assert!(told("email", &[pause()]).ends_with("is not paused; these are:"));
        assert!(told("email", &[]).ends_with("is not paused, and nothing else is"));
    }

    #[test]
    fn what_is_wrong_is_told_by_what_was_given() {
        let errors = [("/name", "must be"), ("/until", "lies")]
            .map(|(pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() });
        assert_eq!(refused(&errors).to_string(), "the name must be\n--until lies");
    }
}
