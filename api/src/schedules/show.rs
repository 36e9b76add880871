//! `GET /schedules/{id}`: one of them with its next runs.

use axum::Json;
use axum::extract::State;
use domain::Key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::schedules::answer::{ScheduleAnswer, answer};
use crate::unavailable::ledger_read;

/// See one schedule
///
/// With its next runs. Needs the scope `read`.
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
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<ScheduleAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let job = ledger_read(operations::schedules::show(&app.store, &key).await)?.ok_or_else(unknown)?;
    Ok(Json(answer(&app, job)))
}

/// The tenant has none of this id.
pub(super) fn unknown() -> Problem {
    Problem::not_found("unknown-schedule", "There is no such schedule", "GET /schedules lists those there are.")
}
