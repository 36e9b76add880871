//! `chasqui dead`: what is in the dead-letter queue, in groups of what failed alike, and what is to become of it.

mod edit;
mod failures;
mod plans;
mod shown;
#[cfg(test)]
mod testing;
mod wanted;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use domain::{Actor, Clock as _, RecipientHasher, Tenant};
use operations::dead_letters::{self, Asked, Change, Planned, Shown, Started};
use serde_json::{Map, Value};
use store::{MAX_PLANS, Store};
use tokio::time::Instant;
use uuid::Uuid;

use self::edit::Edit;
use self::plans::{DropPlan, Plan, RedirectPlan, ReplayPlan, RestorePlan};
use self::wanted::{CloseMissing, Filter};
use crate::clock::SystemClock;
use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::operator::actor;
use crate::output::{self, say};
use crate::words::{counted, tenant};
use crate::{exit, logs, parts, unconfigured};

/// How long a command waits for a scheduler to read the queue.
const READ_WITHIN: Duration = Duration::from_secs(15);
/// Of so many plans and jobs of a list it is told how what they have sent has ended since.
const SINCE: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Args, Debug)]
pub struct Dead {
    #[arg(long, global = true, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// One JSON object per line
    #[arg(long, global = true)]
    json: bool,
    /// Who says so; default: the name of the login
    #[arg(long, global = true, value_name = "NAME")]
    by: Option<String>,
    #[command(subcommand)]
    command: DeadCommand,
}

#[derive(Subcommand, Debug)]
enum DeadCommand {
    /// Print the groups of letters that failed alike, those with the most letters first
    Groups {
        /// All groups, and those of which no letter is left as well
        #[arg(long)]
        resolved: bool,
    },
    /// Print letters, those that died last first
    List(Box<Filter>),
    /// Print one letter, or one plan or job with what became of its letters
    Show {
        /// The name of a letter, or the id of a plan or job
        what: String,
    },
    /// Note that you look after a group
    Acknowledge {
        /// Its fingerprint
        group: String,
        /// Whatever there is to say about it
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        note: Option<String>,
    },
    /// Print which letters would be moved and which not, and keep that as a plan for an hour
    Plan {
        /// replay, drop, restore, redirect or close
        action: String,
        #[command(flatten)]
        plan: Box<Plan>,
    },
    /// Publish letters again, each to its lane with a fresh budget: a plan, which --yes starts at once
    Replay(Box<ReplayPlan>),
    /// Take letters out of the queue, and keep them for the retention: a plan, which --yes starts at once
    Drop(Box<DropPlan>),
    /// Put letters that were dropped back into the queue: a plan, which --yes starts at once
    Restore(Box<RestorePlan>),
    /// Send letters by another channel that reaches people by the same numbers, each as a delivery of its own: a plan,
    /// which --yes starts at once
    Redirect(Box<RedirectPlan>),
    /// End the rows of dead deliveries whose letters are not in the queue any more: a plan, which --yes starts at once
    CloseMissing(CloseMissing),
    /// Send a corrected letter as a delivery of its own, and take the letter out of the queue
    Edit(Box<Edit>),
    /// Print with which letters a job has not done what was asked for, and why
    Failures {
        /// The id of the job
        job: String,
        /// As CSV, with a header; else one JSON object per line
        #[arg(long)]
        csv: bool,
    },
    /// Start a plan, and follow it to its end
    Start {
        id: String,
        /// How many letters it has, as the plan said
        #[arg(long)]
        letters: u32,
    },
    /// Print the newest plans and jobs
    Jobs,
    /// Begin nothing more of a job; what is in hand is finished
    Cancel { id: String },
    /// Let a job that is paused go on, and follow it to its end
    Resume { id: String },
}

impl DeadCommand {
    fn has_recipient(&self) -> bool {
        match self {
            Self::List(filter) => filter.has_recipient(),
            Self::Plan { plan, .. } => plan.which.has_recipient(),
            Self::Replay(plan) => plan.which.has_recipient(),
            Self::Drop(plan) => plan.which.has_recipient(),
            Self::Redirect(plan) => plan.which.has_recipient(),
            _ => false,
        }
    }
}

pub(crate) async fn run(sources: Sources, what: Dead) -> Result<ExitCode> {
    let publishes = matches!(what.command, DeadCommand::Edit(_));
    let role = if publishes { Role::Send } else { Role::Ledger };
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), role)?;
    logs::start(&config)?;
    let store = match what.command.has_recipient() {
        true => parts::store_of_recipients(&config, parts::clock(), parts::HASHED_IN_LEDGER).await?,
        false => parts::existing_store(&config, parts::clock()).await?,
    };
    let Dead { tenant, json, by, command } = what;
    let actor = actor(by.as_deref(), tenant.clone());
    let desk = Desk { store, recipients: parts::hasher(&config), tenant, json, actor };
    match command {
        DeadCommand::Groups { resolved } => desk.groups(resolved).await,
        DeadCommand::List(filter) => desk.list(*filter).await,
        DeadCommand::Show { what } => desk.show(&what).await,
        DeadCommand::Acknowledge { group, note } => desk.acknowledge(&group, note.as_deref()).await,
        DeadCommand::Plan { action, plan } if plan.starts() => {
            Err(Usage(format!("--yes starts a plan: write `chasqui dead {action}`")).into())
        }
        DeadCommand::Plan { action, plan } => desk.plan(plan.fields(&action), false).await,
        DeadCommand::Replay(plan) => desk.plan_of("replay", *plan).await,
        DeadCommand::Drop(plan) => desk.plan_of("drop", *plan).await,
        DeadCommand::Restore(plan) => desk.plan_of("restore", *plan).await,
        DeadCommand::Redirect(plan) => desk.plan_of("redirect", *plan).await,
        DeadCommand::CloseMissing(close) => {
            let starts = close.yes;
            desk.plan(close.fields(), starts).await
        }
        DeadCommand::Edit(edit) => desk.edit(&config, *edit).await,
        DeadCommand::Failures { job, csv } => desk.failures(&job, csv).await,
        DeadCommand::Start { id, letters } => desk.start(&id, letters).await,
        DeadCommand::Jobs => desk.jobs().await,
        DeadCommand::Cancel { id } => desk.cancel(&id).await,
        DeadCommand::Resume { id } => desk.resume(&id).await,
    }
}

/// What every command of this kind has.
struct Desk {
    store: Store,
    recipients: RecipientHasher,
    tenant: Tenant,
    json: bool,
    actor: Actor,
}

impl Desk {
    /// Has the queue read, and waits for that. Says so where nobody reads it.
    async fn read(&self) -> Result<()> {
        in_words(dead_letters::ask(&self.store, &self.actor, SystemClock.now()).await)?;
        let until = Instant::now() + READ_WITHIN;
        loop {
            let reading = in_words(dead_letters::reading(&self.store).await)?;
            if !reading.is_asked_for {
                return Ok(());
            }
            if Instant::now() >= until {
                let since = reading
                    .read_at
                    .map_or("it was never read".to_owned(), |at| format!("shown is what was there at {at}"));
                let why = reading
                    .problem
                    .map_or("is one running and ready?".to_owned(), |problem| format!("the last one said: {problem}"));
                output::complain(format_args!(
                    "no scheduler has read the dead-letter queue to its end within {} seconds ({}); {since}",
                    READ_WITHIN.as_secs(),
                    domain::printable(&why)
                ));
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn groups(&self, resolved: bool) -> Result<ExitCode> {
        self.read().await?;
        let groups = in_words(dead_letters::groups(&self.store, &self.tenant, resolved).await)?;
        shown::groups(&groups, self.json);
        if !resolved && !self.json {
            say!("these, and those of which no letter is left: chasqui dead groups --resolved");
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn list(&self, filter: Filter) -> Result<ExitCode> {
        self.read().await?;
        let filter = filter.of(&self.tenant, &self.recipients)?;
        let (mut after, mut is_empty) = (None, true);
        loop {
            let page = in_words(dead_letters::list(&self.store, &filter, after.as_ref(), store::MAX_PAGE).await)?;
            if after.is_none() && !self.json && !page.letters.is_empty() {
                say!("{}", shown::LETTER_HEADING);
            }
            page.letters.iter().for_each(|letter| shown::letter(letter, self.json));
            is_empty &= page.letters.is_empty();
            after = page.next;
            if after.is_none() && is_empty {
                output::complain(format_args!(
                    "no letter in the queue fits: `chasqui dead groups` lists what is there"
                ));
            }
            if after.is_none() || output::is_unread() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    async fn show(&self, what: &str) -> Result<ExitCode> {
        if let Some(job) = in_words(dead_letters::show(&self.store, &self.tenant, what).await)? {
            shown::plan(&job, self.json);
            return Ok(ExitCode::SUCCESS);
        }
        let filter = Filter::of_one(&self.tenant, what);
        let page = in_words(dead_letters::first(&self.store, &filter, 1).await)?;
        page.letters.iter().for_each(|letter| shown::whole(letter, self.json));
        if page.letters.is_empty() {
            output::complain(format_args!(
                "there is no letter of this name in the queue, and no job of this id: `chasqui dead list` and `chasqui dead jobs` show them"
            ));
        }
        Ok(exit::answer(!page.letters.is_empty()))
    }

    async fn acknowledge(&self, group: &str, note: Option<&str>) -> Result<ExitCode> {
        let noted = dead_letters::acknowledge(&self.store, &self.actor, group, note, &SystemClock).await;
        let noted = in_words(noted)?;
        match noted {
            false => output::complain(format_args!("there is no such group: `chasqui dead groups` lists them")),
            true if self.json => {}
            true => say!("{} looks after the group {group}", self.actor.name),
        }
        Ok(exit::answer(noted))
    }

    async fn plan_of(&self, action: &str, plan: impl Into<Plan>) -> Result<ExitCode> {
        let plan = plan.into();
        let starts = plan.starts();
        self.plan(plan.fields(action), starts).await
    }

    /// Makes a plan and shows it. Starts it where that was asked for.
    async fn plan(&self, fields: Map<String, Value>, starts: bool) -> Result<ExitCode> {
        let restores = fields.get("action").is_some_and(|action| action == "restore");
        let asked = Asked::of(fields, &channels::known_providers(), &self.recipients);
        let asked = asked.map_err(|errors| wanted::refused(&errors))?;
        if !restores {
            self.read().await?;
        }
        let id = Uuid::now_v7().to_string();
        let planned = dead_letters::plan(&self.store, &self.actor, id, asked, &SystemClock).await;
        let planned = match in_words(planned)? {
            Planned::Planned(planned) => planned,
            Planned::Unknown => bail!("the plan is not there any more"),
            Planned::TooMany { oldest } => {
                output::complain(format_args!(
                    "not planned: there are {MAX_PLANS} plans of the last hour that nobody has started; `chasqui dead \
                     cancel` some of them, such as {}",
                    domain::printable(&oldest.join(", "))
                ));
                return Ok(exit::answer(false));
            }
        };
        shown::plan(&planned, self.json);
        match planned.open() {
            0 => Ok(exit::answer(false)),
            letters if starts => self.start(&planned.job.id, letters).await,
            letters => {
                if !self.json {
                    say!("start it within an hour: chasqui dead start {} --letters {letters}", planned.job.id);
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }

    async fn start(&self, id: &str, letters: u32) -> Result<ExitCode> {
        let now = SystemClock.now();
        let started = dead_letters::start(&self.store, &self.actor, id, letters, now).await;
        let why = match in_words(started)? {
            Started::Started(shown) => return self.follow(*shown).await,
            Started::Unknown => "there is no plan of this id: `chasqui dead jobs` shows them".to_owned(),
            Started::Has(0) => "the plan has no letter to begin: there is nothing to do".to_owned(),
            Started::Has(has) => {
                format!("the plan has {} to begin, not {letters}", counted(has, "letter", "letters"))
            }
            Started::NoPlan(store::JobState::Planned) => "the plan is older than an hour: make another".to_owned(),
            Started::NoPlan(state) => format!("it is no plan any more: it is {}", state.as_str()),
        };
        output::complain(format_args!("not started: {why}"));
        Ok(exit::answer(false))
    }

    async fn edit(&self, config: &Config, edit: Edit) -> Result<ExitCode> {
        match edit::edit(&self.store, config, &self.actor, edit, self.json).await? {
            Some(job) => self.follow(self.shown(&job).await?).await,
            None => Ok(exit::answer(false)),
        }
    }

    async fn jobs(&self) -> Result<ExitCode> {
        for (at, job) in in_words(dead_letters::jobs(&self.store, &self.tenant).await)?.iter().enumerate() {
            let is_new = at < SINCE;
            let since = if is_new { in_words(dead_letters::since(&self.store, job).await)? } else { None };
            shown::listed(job, since, self.json);
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn cancel(&self, id: &str) -> Result<ExitCode> {
        let otherwise = "there is no plan or job of this id that could be cancelled: `chasqui dead jobs` shows them";
        if !self.change(id, Change::Cancel, otherwise).await? {
            return Ok(exit::answer(false));
        }
        let shown = self.shown(id).await?;
        match self.json {
            true => shown::plan(&shown, true),
            false => say!("{}", shown::cancelled(&shown)),
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn resume(&self, id: &str) -> Result<ExitCode> {
        if !self
            .change(id, Change::Resume, "there is no job of this id that is paused: `chasqui dead jobs` shows them")
            .await?
        {
            return Ok(exit::answer(false));
        }
        self.follow(self.shown(id).await?).await
    }

    /// A plan or job that was there a moment ago.
    async fn shown(&self, id: &str) -> Result<Shown> {
        let shown = in_words(dead_letters::show(&self.store, &self.tenant, id).await)?;
        shown.context("the job is not there any more")
    }

    async fn change(&self, id: &str, change: Change, otherwise: &str) -> Result<bool> {
        let changed = dead_letters::change(&self.store, &self.actor, id, change, SystemClock.now()).await;
        let changed = in_words(changed)?;
        if !changed {
            output::complain(format_args!("{otherwise}"));
        }
        Ok(changed)
    }

    async fn follow(&self, shown: Shown) -> Result<ExitCode> {
        watch::follow(&self.store, &self.tenant, shown, self.json).await
    }
}

fn in_words<T, E>(answer: Result<T, E>) -> Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    answer.context("the ledger has not answered")
}
