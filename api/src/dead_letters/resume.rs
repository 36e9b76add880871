//! `POST /dead-letters/jobs/{id}/resume`: a job that is paused goes on.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::dead_letters::{self, Change};
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{PlanAnswer, not_now, plan, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Resume a job over dead letters
///
/// It goes on with the letters that are left, and waits for no end of the first ones any more. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/dead-letters/jobs/{id}/resume", operation_id = "resume_dead_letter_job", tag = "Dead letters",
    params(("id" = String, Path, description = "The id of the job.")),
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The job runs.", body = PlanAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "It is not paused."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn resume(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<(StatusCode, Json<PlanAnswer>), Problem> {
    let changed = dead_letters::change(&app.store, &caller, &id, Change::Resume, app.clock.now()).await;
    let is_changed = done(changed)?;
    let shown = ledger_read(dead_letters::known(&app.store, &caller.tenant, &id).await)?.ok_or_else(unknown)?;
    if !is_changed {
        return Err(not_now("It is not paused: nothing was done."));
    }
    Ok((StatusCode::ACCEPTED, Json(plan(shown))))
}
