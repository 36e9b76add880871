//! One schedule as it is shown: its rule, and its next runs.

use operations::schedules::{next_run, runs_after};
use serde::Serialize;
use store::{JobKind, JobPause, JobSummary};
use utoipa::ToSchema;
use web::problem::Warning;

use crate::app::App;
use crate::deliveries::answer::target;

/// Runs shown after the next one.
const RUNS_SHOWN: usize = 3;

/// Something that is to be sent later.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleAnswer {
    /// The schedule's id. Of a schedule that fires once it is the delivery's id too.
    pub(crate) id: String,
    /// Whose it is.
    tenant: String,
    /// `cron` or `once`.
    #[schema(example = "cron")]
    kind: &'static str,
    /// A label for people.
    name: Option<String>,
    /// The cron expression.
    #[schema(example = "0 9 * * MON-FRI")]
    cron: Option<String>,
    /// The time zone of the cron expression.
    #[schema(example = "America/Argentina/Buenos_Aires")]
    timezone: Option<String>,
    /// The release of the time zone database that the runs were computed with.
    #[schema(example = "2026f")]
    zone_rules: Option<String>,
    /// When it fires next, in UTC. Null while it is paused: it is computed when it is resumed.
    #[schema(format = DateTime)]
    next_run_at: Option<String>,
    /// The three runs after that, in UTC.
    following_runs: Vec<String>,
    /// The channel of what it sends.
    #[schema(example = "email")]
    channel: String,
    /// The recipient, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// The queue of what it sends.
    #[schema(example = "normal")]
    lane: &'static str,
    /// Seconds after its time for which a run may still be sent.
    max_lateness_seconds: Option<u64>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// The run before.
    #[schema(format = DateTime)]
    last_fired_at: Option<String>,
    /// Who has paused it. Null for one that runs.
    paused: Option<PausedAnswer>,
    /// When it is made: what of it was taken and not read. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) warnings: Vec<Warning>,
}

/// Who has paused a schedule, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PausedAnswer {
    /// Since when it does not fire.
    #[schema(format = DateTime)]
    since: String,
    /// Who has said so last.
    #[schema(example = "ada")]
    by: String,
    /// Why, in their words.
    #[schema(example = "the greeting is being rewritten")]
    why: String,
}

/// A schedule as it is shown, with the runs that its rule gives.
pub(crate) fn answer(app: &App, job: JobSummary) -> ScheduleAnswer {
    let zones = &app.settings.zones;
    let next_run_at = next_run(&job).map(|at| at.to_string());
    let following_runs = runs_after(&job, zones).take(RUNS_SHOWN).map(|at| at.to_string()).collect();
    let (channel, recipient) = target(job.channel.as_ref(), job.recipient_mask);
    let (kind, cron, timezone, name) = match job.kind {
        JobKind::OneShot => ("once", None, None, None),
        JobKind::Cron { cron, zone, name } => ("cron", Some(cron), Some(zone), name),
    };
    ScheduleAnswer {
        id: job.key.id,
        tenant: job.key.tenant.to_string(),
        kind,
        name,
        zone_rules: cron.is_some().then(|| zones.release().to_string()),
        cron,
        timezone,
        next_run_at,
        following_runs,
        channel,
        recipient,
        lane: job.lane.as_str(),
        max_lateness_seconds: job.max_lateness_seconds,
        created_at: job.created_at.to_string(),
        last_fired_at: job.last_fired_at.map(|at| at.to_string()),
        paused: job.paused.map(|JobPause { since, by, why }| PausedAnswer { since: since.to_string(), by, why }),
        warnings: Vec::new(),
    }
}
