//! `GET /v1/verification/{id}`: how one stands.

use axum::Json;
use axum::extract::State;
use operations::verifications;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;
use crate::verifications::answer::{VerificationAnswer, answer};
use crate::verifications::refused::unknown;

/// Show a verification
///
/// Its status, and neither its code nor its address, which the ledger does not have. Needs the scope `notify`.
#[utoipa::path(
    get, path = "/v1/verification/{id}", operation_id = "show_verification", tag = "Verification",
    params(("id" = String, Path, description = "The verification's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "How it stands.", body = VerificationAnswer),
        (status = 404, description = "The tenant has no verification of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    Id(id): Id,
) -> Result<Json<VerificationAnswer>, Problem> {
    let found = ledger_read(verifications::show(&app.store, &caller.tenant, &id).await)?;
    found.map(|verification| Json(answer(verification, app.clock.now()))).ok_or_else(unknown)
}
