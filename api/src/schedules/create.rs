//! `POST /schedules`: stored once for each id.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::RequestedBy;
use operations::schedules::{self, Schedule};
use store::Put;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::{Problem, Warning};

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::notifications::body::refusal;
use crate::schedules::answer::{ScheduleAnswer, answer};
use crate::schedules::body::ScheduleBody;

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
        (status = 409, description = "The id is taken by another schedule or delivery, or was cancelled before."),
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
    let rules = app.rules(&caller.tenant, RequestedBy::TokenHolder, idempotency_key);
    let schedule = Schedule::read(&text, &rules, &app.settings.zones).map_err(refusal)?;
    let mut shown = answer(&app, schedule.job.summary.clone());
    shown.warnings = schedule.warnings.iter().map(Warning::from).collect();
    match done(schedules::create(&app.store, &caller, schedule, app.clock.as_ref()).await)? {
        Put::Stored => Ok((StatusCode::CREATED, Json(shown))),
        Put::Known => Ok((StatusCode::OK, Json(shown))),
        Put::Conflict => Err(conflict("Another schedule or delivery has this id: choose another, or leave it out.")),
        Put::Cancelled => Err(conflict("What had this id was cancelled: choose another id.")),
    }
}

fn conflict(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "id-taken", "The id is taken", detail)
}
