//! `POST /v1/verification/{id}/resend`: the same code once more.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use web::body::read_json_text;
use web::problem::Problem;

use super::BODY_LIMIT;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::id::Id;
use crate::unavailable::broker_confirmed;
use crate::verifications::answer::{VerificationAnswer, answer};
use crate::verifications::body::ResendBody;
use crate::verifications::refused::refused;

/// Send the same code once more
///
/// The code is the same, and good for no longer: people type the one of the message before. At most five times in all, and
/// half a minute apart. Name the address again: the ledger has a hash of it. Needs the scope `notify`.
#[utoipa::path(
    post, path = "/v1/verification/{id}/resend", operation_id = "resend_verification", tag = "Verification",
    params(("id" = String, Path, description = "The verification's id.")),
    security(("bearer" = [])),
    request_body(content = ResendBody, description = "Where it was sent."),
    responses(
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
        (status = 202, description = "The message is confirmed.", body = VerificationAnswer),
        (status = 404, description = "The tenant has no verification of this id."),
        (status = 409, description = "It is approved, so that nobody needs a code."),
        (status = 410, description = "Its time is over, or it was cancelled: start another."),
        (status = 429, description = "It was sent less than half a minute ago (`too-soon`), or five times \
                                      (`too-many-sends`), or tried too often (`too-many-attempts`)."),
        (status = 503, description = "The ledger does not answer, or the broker has not confirmed: repeat it."),
    ),
)]
pub(crate) async fn resend(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    Id(id): Id,
    request: Request,
) -> Result<Response, Problem> {
    let text = read_json_text(request, BODY_LIMIT).await?;
    let sent = app.verifying().resend(&caller, id, &text).await;
    let verification = sent.map_err(|why| refused(why, &app.settings.verify))?;
    broker_confirmed();
    Ok((StatusCode::ACCEPTED, Json(answer(verification, app.clock.now()))).into_response())
}
