//! The dead letters: what is in the queue and how it failed, and what operators do about it. A plan comes first: it is
//! frozen by the names of its letters, and says what would become of them. Then it is started, and a scheduler works on
//! it. Whoever changes something is an `Actor`; whoever only looks names the tenant.
//!
//! Nothing here reads the queue: a scheduler does, when somebody asks.

mod edit;
mod failures;
mod groups;
mod impersonal;
mod known;
mod opened;
mod reading;
mod written;

use std::time::Duration;

use domain::{Actor, Canary, Clock, Entry, Scope, Tenant, Timestamp};
use store::{
    Counted, FailedReading, JobState, LetterAction, LetterCursor, LetterFilter, LetterJob, LetterPage, LetterPlan,
    MAX_PAGE, Outlook, PlanMade, Reading, Redirect, ReplayRule, Store, StoreError, USUAL_PAGE,
};

pub use edit::{Changed, EDIT_FIELDS, Edited, Wish, edit, editable, preview};
pub use failures::{FailureFormat, failures, failures_file};
pub use groups::{acknowledge, group, groups, groups_again, groups_of};
pub use known::known;
pub use opened::{Masked, Opened, ask_to_look, look, open, opened};
pub use reading::looked_at;

use crate::allowed::{NotDone, must};
use crate::checked::mint;
use crate::listed::{NotListed, must_be_of};

/// The fields of a plan, as its client writes them.
pub const FIELDS: [&str; 23] = [
    "action",
    "letters",
    "group",
    "id",
    "from",
    "until",
    "recipient",
    "recipient_hash",
    "channel",
    "provider",
    "reason",
    "code",
    "template",
    "lane",
    "job",
    "all",
    "why",
    "rate",
    "canary",
    "max_moves",
    "even_waiting",
    "to",
    "to_provider",
];

/// Whoever looks at the same again is told of once in this time: pages come again by themselves.
const TOLD_ONCE_IN: Duration = Duration::from_secs(10 * 60);

/// What somebody wants done with letters, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    action: LetterAction,
    filter: LetterFilter,
    of_job: Option<String>,
    why: String,
    rate: u32,
    canary: u32,
    rule: ReplayRule,
    redirect: Option<Redirect>,
    /// The fields as they were given, but for a recipient, whose hashes stand in its place.
    wanted: String,
}

/// A plan, or the job that it became, with what became of its letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub job: LetterJob,
    pub counted: Vec<Counted>,
    /// Of a plan: what is worth knowing before it is started. None also where that is not known yet.
    pub outlook: Option<Outlook>,
    /// Of a job that sends: how what it has sent has ended since.
    pub since: Option<Canary>,
    /// When all but the job itself was read, where that was before. None where it is of now.
    pub as_of: Option<Timestamp>,
    /// It is being read again, and will be known in some seconds.
    pub is_being_read: bool,
    /// It could not be read again, and will be tried once more. None where nothing has failed since it was read.
    pub failed: Option<FailedReading>,
}

/// What became of the wish to plan something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Planned {
    Planned(Box<Shown>),
    /// There is none any more, or another tenant has one of this id.
    Unknown,
    /// There are [`store::MAX_PLANS`] that somebody may start yet.
    TooMany {
        oldest: Vec<String>,
    },
}

/// What became of the wish to start a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Started {
    Started(Box<Shown>),
    Unknown,
    /// It has so many letters, and the caller meant another number; or it has none, and there is nothing to do.
    Has(u32),
    /// It is no plan any more, or an hour old.
    NoPlan(JobState),
}

/// A word for a change of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Begin nothing more.
    Cancel,
    /// Go on after a pause.
    Resume,
}

impl Shown {
    /// How many letters there are of a state.
    pub fn count(&self, state: &str) -> u32 {
        self.counted.iter().filter(|counted| counted.state == state).map(|counted| counted.letters).sum()
    }

    /// How many letters a start would begin, or are still to be done.
    pub fn open(&self) -> u32 {
        self.count("pending") + self.count("taken")
    }

    /// While the canary of a job is under way: the end of how many letters it waits for before it begins the others. None
    /// where there are no others.
    pub fn waits_for(&self) -> Option<u32> {
        let begun: u32 = ["done", "failed", "unclear"].into_iter().map(|state| self.count(state)).sum();
        let is_under_way = self.job.state == JobState::Running && !self.job.canary_passed;
        (is_under_way && self.open() > 0 && begun + self.open() > self.job.canary).then_some(self.job.canary)
    }

    /// How long these take at the rate of the job, without the wait of a canary. No time where none is
    /// begun any more.
    pub fn lasts(&self) -> Duration {
        if self.job.state == JobState::Cancelled {
            return Duration::ZERO;
        }
        Duration::from_secs(u64::from(self.open().div_ceil(self.job.rate.max(1))))
    }
}

/// Asks the scheduler to read the queue again.
///
/// # Errors
/// [`NotDone`].
pub async fn ask(store: &Store, actor: &Actor, now: Timestamp) -> Result<(), NotDone> {
    must(store, actor, &[Scope::Operate], "read dead letters", now).await?;
    store.journal_once(&Entry::of(actor, "dead_letters.read", "queue", now), TOLD_ONCE_IN).await?;
    Ok(store.ask_for_letters().await?)
}

/// Since when what is shown is known, and whether it is being read again. [`looked_at`] is for whoever opens a list.
///
/// # Errors
/// [`StoreError`].
pub async fn reading(store: &Store) -> Result<Reading, StoreError> {
    store.reading().await
}

/// A page of letters, those that died last first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`NotListed`].
pub async fn list(
    store: &Store,
    filter: &LetterFilter,
    after: Option<&LetterCursor>,
    limit: u32,
) -> Result<LetterPage, NotListed> {
    must_be_of(after, filter)?;
    Ok(page(store, filter, after, limit).await?)
}

/// The first page of them.
///
/// # Errors
/// [`StoreError`].
pub async fn first(store: &Store, filter: &LetterFilter, limit: u32) -> Result<LetterPage, StoreError> {
    page(store, filter, None, limit).await
}

async fn page(
    store: &Store,
    filter: &LetterFilter,
    after: Option<&LetterCursor>,
    limit: u32,
) -> Result<LetterPage, StoreError> {
    let limit = if limit == 0 { USUAL_PAGE } else { limit.min(MAX_PAGE) };
    store.letters(filter, after, limit as usize).await
}

/// The id of a plan whose maker names none.
pub fn new_id(now: Timestamp) -> String {
    mint(now)
}

/// Makes a plan of this id, and shows what would become of its letters. Repeating it shows the plan that was made.
///
/// # Errors
/// [`NotDone`].
pub async fn plan(
    store: &Store,
    actor: &Actor,
    id: String,
    asked: Asked,
    clock: &dyn Clock,
) -> Result<Planned, NotDone> {
    must(store, actor, &[Scope::Operate], "plan for dead letters", clock.now()).await?;
    let (tenant, by) = (&actor.tenant, actor.name.clone());
    let Asked { action, filter, of_job, why, rate, canary, rule, redirect, wanted } = asked;
    let filter = LetterFilter { tenant: tenant.clone(), ..filter };
    // Where nothing is sent there is nothing to wait for.
    let canary = if action.sends() { canary } else { 0 };
    let plan = LetterPlan { id, action, filter, of_job, wanted, why, by, rate, canary, rule, redirect };
    if let PlanMade::TooMany(oldest) = store.plan_letters(tenant, &plan, clock.now()).await? {
        return Ok(Planned::TooMany { oldest });
    }
    // The plan is made, whatever becomes of this: who looks at it later has it read then.
    drop(known::prepare(store, tenant, &plan.id).await);
    let shown = known(store, tenant, &plan.id).await?;
    Ok(shown.map_or(Planned::Unknown, |shown| Planned::Planned(Box::new(shown))))
}

/// Shows a plan, or the job that it became, as it is now: of many letters that takes seconds. None when the tenant has none
/// of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<Shown>, StoreError> {
    match store.letter_job(tenant, id).await? {
        Some(job) => show_job(store, tenant, job).await.map(Some),
        None => Ok(None),
    }
}

async fn show_job(store: &Store, tenant: &Tenant, job: LetterJob) -> Result<Shown, StoreError> {
    let mut shown = counted_of(store, job).await?;
    let job = &shown.job;
    if job.state == JobState::Planned {
        // What this version cannot read was written by a newer one: then nobody knows what has come since.
        let filter = Asked::kept(&job.wanted).map(|asked| LetterFilter { tenant: tenant.clone(), ..asked.filter });
        shown.outlook = Some(store.letter_outlook(tenant, &job.id, job.action, filter.as_ref()).await?);
    }
    shown.since = since(store, &shown.job).await?;
    Ok(shown)
}

async fn counted(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<Shown>, StoreError> {
    match store.letter_job(tenant, id).await? {
        Some(job) => counted_of(store, job).await.map(Some),
        None => Ok(None),
    }
}

async fn counted_of(store: &Store, job: LetterJob) -> Result<Shown, StoreError> {
    let counted = store.count_letter_job(&job.id).await?;
    Ok(Shown { job, counted, outlook: None, since: None, as_of: None, is_being_read: false, failed: None })
}

/// How what a job has sent has ended since, as far as it has: of a job that is done some of it may be dead again. None of one
/// that sends nothing, and of a plan.
///
/// # Errors
/// [`StoreError`].
pub async fn since(store: &Store, job: &LetterJob) -> Result<Option<Canary>, StoreError> {
    if !job.action.sends() || job.state == JobState::Planned {
        return Ok(None);
    }
    Ok(Some(store.letters_since(&job.id).await?))
}

/// The newest plans and jobs.
///
/// # Errors
/// [`StoreError`].
pub async fn jobs(store: &Store, tenant: &Tenant) -> Result<Vec<LetterJob>, StoreError> {
    store.letter_jobs(tenant).await
}

/// Starts a plan, if it has as many letters to begin as its caller means.
///
/// # Errors
/// [`NotDone`].
pub async fn start(store: &Store, actor: &Actor, id: &str, letters: u32, now: Timestamp) -> Result<Started, NotDone> {
    must(store, actor, &[Scope::Operate], "start a plan for dead letters", now).await?;
    let tenant = &actor.tenant;
    let Some(shown) = counted(store, tenant, id).await? else { return Ok(Started::Unknown) };
    if shown.job.state != JobState::Planned {
        return Ok(Started::NoPlan(shown.job.state));
    }
    if letters == 0 || shown.open() != letters {
        return Ok(Started::Has(shown.open()));
    }
    let told = Entry::of(actor, started_as(shown.job.action), id, now).with("why", shown.job.why.as_str());
    let told = told.with("wanted", shown.job.wanted.as_str()).with("letters", letters);
    if !store.start_letter_job(tenant, id, &told).await? {
        return Ok(Started::NoPlan(shown.job.state));
    }
    let shown = counted(store, tenant, id).await?;
    Ok(shown.map_or(Started::Unknown, |shown| Started::Started(Box::new(shown))))
}

/// Cancels a plan or job, or lets one that is paused go on. False when it is in no state for that, or there is none.
///
/// # Errors
/// [`NotDone`].
pub async fn change(store: &Store, actor: &Actor, id: &str, change: Change, now: Timestamp) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "change a job of dead letters", now).await?;
    if id.contains('\0') {
        return Ok(false);
    }
    let told = |kind| Entry::of(actor, kind, id, now);
    Ok(match change {
        Change::Cancel => store.cancel_letter_job(&actor.tenant, id, &told("dead_letters.job_cancelled")).await?,
        Change::Resume => store.resume_letter_job(&actor.tenant, id, &told("dead_letters.job_resumed")).await?,
    })
}

/// The kind of entry that tells that a plan was started.
const fn started_as(action: LetterAction) -> &'static str {
    match action {
        LetterAction::Replay => "dead_letters.replayed",
        LetterAction::Drop => "dead_letters.dropped",
        LetterAction::Restore => "dead_letters.restored",
        LetterAction::Redirect => "dead_letters.redirected",
        LetterAction::Edit => "dead_letter.edited",
        LetterAction::Close => "dead_letters.closed",
    }
}
