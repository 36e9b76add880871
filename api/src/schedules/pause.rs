//! `POST /schedules/{id}/pause` and `/resume`: it does not fire until somebody has it run again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use operations::schedules::{self, Paused, Resumed, Why};
use utoipa::ToSchema;
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::id::Id;
use crate::notifications::body::refusal;
use crate::schedules::answer::{ScheduleAnswer, answer};
use crate::schedules::show::unknown;

/// Why it is paused.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"why": "the greeting is being rewritten"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct PauseScheduleBody {
    /// In one line, for whoever asks later.
    #[schema(max_length = 500)]
    why: String,
}

/// Pause a schedule
///
/// After the answer it does not fire, until it is resumed; what it would have sent meanwhile is not sent afterwards. What is
/// paused already stays so since then, with who and why as they are given now. One that fires once cannot be paused: delete
/// it, or pause what it needs. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/schedules/{id}/pause", operation_id = "pause_schedule", tag = "Schedules",
    params(("id" = String, Path, description = "The schedule's id.")), security(("bearer" = [])),
    request_body(content = PauseScheduleBody, description = "Why."),
    responses(
        (status = 200, description = "It is paused.", body = ScheduleAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "It fires once."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn pause(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    request: Request,
) -> Result<Json<ScheduleAnswer>, Problem> {
    let why = Why::read(&read_json_text(request, app.settings.body_limit).await?).map_err(refusal)?;
    let hashing = (&app.defaults, &app.recipients);
    match done(schedules::pause(&app.store, &caller, &id, why, hashing, app.clock.as_ref()).await)? {
        Paused::Paused(job) => Ok(Json(answer(&app, *job))),
        Paused::FiresOnce => Err(fires_once()),
        Paused::Unknown => Err(unknown()),
    }
}

/// Resume a schedule
///
/// It fires again at the first time that its rule gives from now on: what it would have sent while it was paused is not
/// sent. One that is not paused runs as before. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/schedules/{id}/resume", operation_id = "resume_schedule", tag = "Schedules",
    params(("id" = String, Path, description = "The schedule's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "It runs, and shows its next run.", body = ScheduleAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "Its rule gives no run from now on."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn resume(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<ScheduleAnswer>, Problem> {
    match done(schedules::resume(&app.store, &caller, &id, &app.settings.zones, app.clock.as_ref()).await)? {
        Resumed::Resumed(job) | Resumed::Runs(job) => Ok(Json(answer(&app, job))),
        Resumed::NoMoreRuns => Err(no_more_runs()),
        Resumed::Unknown => Err(unknown()),
    }
}

fn fires_once() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "fires-once",
        "It is not paused",
        "A schedule that fires once would only be late: DELETE it, or pause its channel, provider, template or tenant \
         (POST /pauses), which has its delivery wait.",
    )
}

fn no_more_runs() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-more-runs",
        "It is not resumed",
        "Its rule cannot be read any more, or gives no run from now on: DELETE it, and make it anew.",
    )
}
