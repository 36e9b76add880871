//! `DELETE /dead-letters/jobs/{id}`: nothing more of a plan or job is begun.

use axum::Json;
use axum::extract::State;
use operations::dead_letters::{self, Change};
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{PlanAnswer, not_now, plan, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Cancel a plan or job over dead letters
///
/// Letters that are in hand are finished; the others stay in the queue. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/dead-letters/jobs/{id}", operation_id = "cancel_dead_letter_job", tag = "Dead letters",
    params(("id" = String, Path, description = "Its id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "It is cancelled.", body = PlanAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "It has ended."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn cancel(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<PlanAnswer>, Problem> {
    let changed = dead_letters::change(&app.store, &caller, &id, Change::Cancel, app.clock.now()).await;
    let is_changed = done(changed)?;
    let shown = ledger_read(dead_letters::known(&app.store, &caller.tenant, &id).await)?.ok_or_else(unknown)?;
    if is_changed { Ok(Json(plan(shown))) } else { Err(not_now("It has ended: nothing was done.")) }
}
