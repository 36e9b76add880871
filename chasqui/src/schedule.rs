//! `chasqui schedule`: pauses a schedule, has it run again, and runs one at once.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{Clock as _, FieldError, RequestedBy, Tenant, printable};
use operations::Rules;
use operations::schedules::{self, Paused, Ran, Resumed, Why, next_run};
use serde_json::{Map, Value};
use store::{JobKind, JobPause, JobSummary};

use crate::clock::SystemClock;
use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::operator::actor;
use crate::output::{self, say};
use crate::words::tenant;
use crate::{exit, logs, parts, send, suppress, unconfigured};

#[derive(Subcommand, Debug)]
pub enum ScheduleCommand {
    /// Print all schedules with their next runs, and who has paused which
    List(List),
    /// Have a schedule that repeats not fire: what it misses is not sent afterwards
    Pause(Box<Pause>),
    /// Let a paused schedule fire again, at its next time from now on
    Resume(What),
    /// Send what a schedule sends now, beside its own times
    Run(What),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose schedules
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
}

#[derive(clap::Args, Debug)]
pub struct Pause {
    #[command(flatten)]
    what: What,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    why: String,
}

#[derive(clap::Args, Debug)]
pub struct What {
    /// The id of the schedule
    id: String,
    /// Whose schedule
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Who says so; default: the name of the login
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// Exit code 1 where there is no such schedule, or it cannot be done with it.
pub(crate) async fn run(sources: Sources, command: ScheduleCommand) -> Result<ExitCode> {
    let role = if matches!(command, ScheduleCommand::Run(_)) { Role::Send } else { Role::Schedules };
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), role)?;
    logs::start(&config)?;
    match command {
        ScheduleCommand::List(List { tenant }) => list(&config, tenant).await,
        ScheduleCommand::Pause(pause) => pause.run(&config).await,
        ScheduleCommand::Resume(what) => resume(&config, what).await,
        ScheduleCommand::Run(what) => run_now(&config, what).await,
    }
}

async fn list(config: &Config, tenant: Tenant) -> Result<ExitCode> {
    let store = parts::existing_store(config, parts::clock()).await?;
    let (mut after, mut is_empty) = (None, true);
    loop {
        let page = schedules::list(&store, tenant.clone(), after, 0).await.context("the ledger could not be read")?;
        is_empty &= page.jobs.is_empty();
        page.jobs.iter().for_each(|job| say!("{}", line_of(job)));
        match page.jobs.last() {
            Some(last) if page.more => after = Some(last.key.id.clone()),
            _ => break,
        }
    }
    if is_empty {
        say!("nothing is scheduled");
    }
    Ok(ExitCode::SUCCESS)
}

impl Pause {
    async fn run(self, config: &Config) -> Result<ExitCode> {
        let Self { what: What { id, tenant, by }, why } = self;
        let fields = Map::from_iter([("why".to_owned(), Value::from(why))]);
        let why = Why::of(fields).map_err(|errors| refused(&errors))?;
        let store = parts::store_of_recipients(config, parts::clock(), suppress::HASHED).await?;
        let recipients = parts::hasher(config);
        let hashing = (&config.defaults, &recipients);
        let actor = actor(by.as_deref(), tenant);
        let paused = schedules::pause(&store, &actor, &id, why, hashing, &SystemClock).await;
        match paused.context("the ledger has not stored it")? {
            Paused::Paused(job) => say!("paused {}", line_of(&job)),
            Paused::FiresOnce => return no(&id, "fires once and would only be late: cancel it, or pause its channel"),
            Paused::Unknown => {
                return no(&id, "is the id of no schedule of this tenant: `chasqui schedule list` shows the ids");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn resume(config: &Config, what: What) -> Result<ExitCode> {
    let What { id, tenant, by } = what;
    let store = parts::existing_store(config, parts::clock()).await?;
    let actor = actor(by.as_deref(), tenant);
    let resumed = schedules::resume(&store, &actor, &id, &config.zones, &SystemClock).await;
    match resumed.context("the ledger has resumed nothing")? {
        Resumed::Resumed(job) => say!("resumed {}", line_of(&job)),
        Resumed::Runs(job) => say!("not paused: {}", line_of(&job)),
        Resumed::NoMoreRuns => return no(&id, "has a rule that gives no run from now on: delete it"),
        Resumed::Unknown => {
            return no(&id, "is the id of no schedule of this tenant: `chasqui schedule list` shows the ids");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_now(config: &Config, what: What) -> Result<ExitCode> {
    let What { id, tenant, by } = what;
    let store = parts::existing_store(config, parts::clock()).await?;
    let (checker, request_ids) = (parts::checker(config)?, parts::request_ids(config));
    let actor = actor(by.as_deref(), tenant);
    let rules = Rules {
        defaults: &config.defaults,
        tenant: &actor.tenant,
        by: RequestedBy::TokenHolder,
        request_ids: &request_ids,
        idempotency_key: None,
        checker: &checker,
        clock: &SystemClock,
    };
    let (publisher, _ends_the_publisher) = send::connect(config).await?;
    let ran = schedules::run_now(&store, &publisher, &actor, &id, SystemClock.now(), &rules).await;
    match ran.context("the ledger has not answered")? {
        Ran::Accepted(accepted) => {
            for warning in &accepted.warnings {
                output::complain(format_args!("warning: {} {}", warning.pointer, warning.detail));
            }
            output::accepted(&accepted.id);
            Ok(ExitCode::SUCCESS)
        }
        Ran::Due => {
            say!("{} is due now", printable(&id));
            Ok(ExitCode::SUCCESS)
        }
        Ran::Unknown => no(&id, "is the id of no schedule of this tenant: `chasqui schedule list` shows the ids"),
        Ran::Refused(errors) => Err(refused(&errors)),
        Ran::Unconfirmed(unconfirmed) => {
            let what = unconfirmed.what_happened();
            Err(anyhow::Error::from(unconfirmed.error)).with_context(|| format!("the broker did not take it. {what}"))
        }
    }
}

fn no(id: &str, why: &str) -> Result<ExitCode> {
    say!("{} {why}", printable(id));
    Ok(exit::answer(false))
}

fn refused(errors: &[FieldError]) -> anyhow::Error {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Usage(format!("nothing was done: {}", lines.join("\n"))).into()
}

fn line_of(job: &JobSummary) -> String {
    let (name, rule) = match &job.kind {
        JobKind::OneShot => (None, "once".to_owned()),
        JobKind::Cron { cron, zone, name } => (name.as_deref(), format!("{cron} {zone}")),
    };
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    let stands = match (&job.paused, next_run(job)) {
        (Some(JobPause { since, by, why }), _) => format!("paused since {since} by {by}: {why}"),
        (None, Some(next)) => format!("next {next}"),
        (None, None) => "no next run".to_owned(),
    };
    printable(&format!("{}{name}, {rule}, {stands}", job.key.id)).into_owned()
}

#[cfg(test)]
mod tests {
    use domain::{ChannelName, Key, content_of};

    use super::*;

    #[test]
    fn a_line_says_when_it_runs_or_who_has_paused_it_and_acts_on_no_terminal() {
        let (key, sms) = (Key { tenant: Tenant::default(), id: "greeting".into() }, ChannelName::parse("sms"));
        let kind = JobKind::Cron { cron: "0 9 * * *".into(), zone: "UTC".into(), name: Some("a\u{1b}[31m".into()) };
        let to = (sms.expect("a channel"), "+12025550143");
        let mut job = JobSummary::new(key, kind, to, content_of(b"{}"), testkit::NOW, testkit::NOW);
        let line = line_of(&job);
        assert!(line.contains("0 9 * * * UTC, next 2026-03-01") && !line.chars().any(domain::acts), "{line:?}");
        let (by, why) = ("ada".to_owned(), "wrong words".to_owned());
        job.paused = Some(JobPause { since: testkit::NOW, by, why });
        assert!(line_of(&job).contains("by ada: wrong words"), "{}", line_of(&job));
        assert!(line_of(&job).contains("paused since 2026-03-01"), "{}", line_of(&job));
    }
}
