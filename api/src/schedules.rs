//! `/schedules`: what is to be sent later, once or again and again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::{Cron, Key, RequestedBy, fire_id};
use serde::Serialize;
use store::{Job, JobFilter, JobKind, JobSummary, Put};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::body::read_json_text;
use crate::delivery::{cancelled_target, target};
use crate::item::Rules;
use crate::notify::idempotency_key;
use crate::problem::{Problem, Warning};
use crate::query::{Id, Parameters, is_id};
use crate::schedule::{self, Schedule, ScheduleBody};
use crate::schema::{InvalidFields, LedgerAway, Unauthorised, Unreadable};

/// Runs shown after the next one.
const RUNS_SHOWN: usize = 3;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct SchedulesQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct SchedulesAnswer {
    /// The schedules of the token's tenant.
    schedules: Vec<ScheduleAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// Something that is to be sent later.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleAnswer {
    /// The schedule's id. Of a schedule that fires once it is the delivery's id too.
    id: String,
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
    /// When it fires next, in UTC.
    #[schema(format = DateTime)]
    next_run_at: String,
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
    /// When it is made: what of it was taken and not read. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

/// The schedule is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedAnswer {
    /// The schedule's id.
    id: String,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Make a schedule
///
/// Either `cron`, with a `timezone`, or `send_at`. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/schedules", operation_id = "create_schedule", tag = "Schedules",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "The same key gives the same id, so that a repeated request is one schedule.",
    )),
    security(("bearer" = [])),
    request_body(content = ScheduleBody, description = "When, and what to send then."),
    responses(
        (status = 200, description = "There was the same schedule already.", body = ScheduleAnswer),
        (status = 201, description = "It is stored.", body = ScheduleAnswer),
        (status = 409, description = "The id is taken by another schedule, or was cancelled before."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<ScheduleAnswer>), Problem> {
    let idempotency_key = idempotency_key(&headers)?;
    let text = read_json_text(request, app.settings.body_limit).await?;
    let rules = Rules {
        defaults: &app.defaults,
        tenant: &caller.tenant,
        by: RequestedBy::TokenHolder,
        request_ids: &app.request_ids,
        idempotency_key,
        checker: &app.checker,
        clock: app.clock.as_ref(),
    };
    let Schedule { job, warnings } = schedule::read(&text, &rules, &app.settings.zones)?;
    let shown = ScheduleAnswer {
        warnings: warnings.iter().map(Warning::from).collect(),
        ..answer(&app, JobSummary::from(&job))
    };
    match app.store.put_job(job).await? {
        Put::Stored => Ok((StatusCode::CREATED, Json(shown))),
        Put::Known => Ok((StatusCode::OK, Json(shown))),
        Put::Conflict => Err(conflict("Another schedule or delivery has this id: choose another, or leave it out.")),
        Put::Cancelled => Err(conflict("What had this id was cancelled: choose another id.")),
    }
}

/// List schedules
///
/// The schedules of the token's tenant with their next runs. Needs the scope `operate`.
#[utoipa::path(
    get, path = "/schedules", operation_id = "list_schedules", tag = "Schedules",
    params(SchedulesQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = SchedulesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    mut query: Parameters,
) -> Result<Json<SchedulesAnswer>, Problem> {
    let tenant = caller.tenant;
    let after =
        query.parsed("cursor", "must be `next` of the page before", |text| is_id(text).then(|| text.to_owned()));
    let limit = query.limit();
    query.finish(&["cursor", "limit"])?;
    let after = after.map(|id| Key { tenant: tenant.clone(), id });
    let page = app.store.jobs(JobFilter { tenant: Some(tenant), recurring: None, after, limit }).await?;
    let schedules: Vec<_> = page.jobs.into_iter().map(|job| answer(&app, job)).collect();
    let next = schedules.last().filter(|_| page.more).map(|last| last.id.clone());
    Ok(Json(SchedulesAnswer { schedules, next }))
}

/// See one schedule
///
/// With its next runs. Needs the scope `operate`.
#[utoipa::path(
    get, path = "/schedules/{id}", operation_id = "show_schedule", tag = "Schedules",
    params(("id" = String, Path, description = "The schedule's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The schedule.", body = ScheduleAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<ScheduleAnswer>, Problem> {
    let job = find(&app, &Key { tenant: caller.tenant, id }).await?;
    Ok(Json(answer(&app, JobSummary::from(&job))))
}

/// Delete a schedule
///
/// After the answer it does not fire any more. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/schedules/{id}", operation_id = "delete_schedule", tag = "Schedules",
    params(("id" = String, Path, description = "The schedule's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = DeletedAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<DeletedAnswer>, Problem> {
    let job = find(&app, &Key { tenant: caller.tenant, id }).await?;
    match job.kind {
        // The job is its delivery: a tombstone stops a copy that was released just now.
        JobKind::OneShot => {
            let target = |body: Option<&[u8]>| cancelled_target(&app, body?);
            app.store.cancel_knowing(&job.key, app.clock.now(), &target).await?;
        }
        JobKind::Cron { .. } => {
            app.store.delete_job(&job.key).await?;
            // A fire that a scheduler has claimed already meets its tombstone.
            let now = app.clock.now();
            if job.due_at <= now {
                let fire = Key { tenant: job.key.tenant.clone(), id: fire_id(&job.key, job.due_at) };
                app.store.cancel_knowing(&fire, now, &|_| cancelled_target(&app, &job.body)).await?;
            }
        }
    }
    Ok(Json(DeletedAnswer { id: job.key.id, status: "deleted" }))
}

async fn find(app: &App, key: &Key) -> Result<Job, Problem> {
    app.store.job(key).await?.ok_or_else(|| {
        Problem::not_found("unknown-schedule", "There is no such schedule", "GET /schedules lists those there are.")
    })
}

fn answer(app: &App, job: JobSummary) -> ScheduleAnswer {
    let (channel, recipient) = target(job.channel.as_ref(), job.recipient_mask);
    let zones = &app.settings.zones;
    let (kind, cron, timezone, name) = match job.kind {
        JobKind::OneShot => ("once", None, None, None),
        JobKind::Cron { cron, zone, name } => ("cron", Some(cron), Some(zone), name),
    };
    let rule = cron.as_deref().zip(timezone.as_deref()).and_then(|(cron, zone)| Cron::stored(cron, zone, zones).ok());
    let runs = std::iter::successors(Some(job.due_at), |&at| rule.as_ref()?.next_after(at));
    ScheduleAnswer {
        id: job.key.id,
        tenant: job.key.tenant.to_string(),
        kind,
        name,
        zone_rules: cron.is_some().then(|| zones.release().to_string()),
        cron,
        timezone,
        next_run_at: job.due_at.to_string(),
        following_runs: runs.skip(1).take(RUNS_SHOWN).map(|at| at.to_string()).collect(),
        channel,
        recipient,
        lane: job.lane.as_str(),
        max_lateness_seconds: job.max_lateness_seconds,
        created_at: job.created_at.to_string(),
        last_fired_at: job.last_fired_at.map(|at| at.to_string()),
        warnings: Vec::new(),
    }
}

fn conflict(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "id-taken", "The id is taken", detail)
}
