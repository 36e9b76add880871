//! `GET /dead-letters/jobs/{id}`: a plan or job, with what becomes of its letters.

use axum::Json;
use axum::extract::State;
use operations::dead_letters;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{PlanAnswer, plan, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Show a plan or job over dead letters
///
/// How many of its letters are in which state, and why. Needs the scope `read`.
#[utoipa::path(
    get, path = "/dead-letters/jobs/{id}", operation_id = "show_dead_letter_job", tag = "Dead letters",
    params(("id" = String, Path, description = "Its id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The plan or job.", body = PlanAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<PlanAnswer>, Problem> {
    let shown = ledger_read(dead_letters::known(&app.store, &caller.tenant, &id).await)?;
    shown.map(|shown| Json(plan(shown))).ok_or_else(unknown)
}
