//! `DELETE /v1/verification/{id}`: ends one that is not wanted any more.

use axum::Json;
use axum::extract::State;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::verifications::answer::{VerificationAnswer, answer};
use crate::verifications::refused::refused;

/// Cancel a verification
///
/// Its code and its link are good for nothing from then on, and what waits to be sent is not sent. Needs the scope `notify`.
#[utoipa::path(
    delete, path = "/v1/verification/{id}", operation_id = "cancel_verification", tag = "Verification",
    params(("id" = String, Path, description = "The verification's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "It is cancelled.", body = VerificationAnswer),
        (status = 404, description = "The tenant has no verification of this id."),
        (status = 409, description = "It is approved."),
        (status = 410, description = "Its time was over, or it was cancelled before."),
        (status = 429, description = "It was tried too often, and has ended by that."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn cancel(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    Id(id): Id,
) -> Result<Json<VerificationAnswer>, Problem> {
    let cancelled = app.verifying().cancel(&caller, id).await;
    let verification = cancelled.map_err(|why| refused(why, &app.settings.verify))?;
    Ok(Json(answer(verification, app.clock.now())))
}
