//! `POST /v1/verification/{id}/confirm`: tries the code that somebody has typed.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use domain::{Checked, VerificationState};
use operations::verifications::{NotVerified, read_code};
use serde::Serialize;
use utoipa::ToSchema;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::Problem;

use super::BODY_LIMIT;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::id::Id;
use crate::notifications::body::refusal;
use crate::verifications::body::ConfirmBody;
use crate::verifications::refused::{refused, wrong};

/// The code was right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfirmedAnswer {
    /// The verification's id.
    #[schema(example = "0195e2a7-3d1c-7bb1-8f0e-6a4b7c1d2e3f")]
    id: String,
    /// Always `approved`.
    #[schema(example = "approved")]
    status: &'static str,
    /// Whether this request, by its `Idempotency-Key`, was told so before.
    already: bool,
}

/// Try a code
///
/// Each attempt is counted before its code is looked at, and there are five. A code is approved once: a repeat is told so
/// again only with the `Idempotency-Key` of the request that was approved. Needs the scope `notify`.
#[utoipa::path(
    post, path = "/v1/verification/{id}/confirm", operation_id = "confirm_verification", tag = "Verification",
    params(
        ("id" = String, Path, description = "The verification's id."),
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Any text up to 255 bytes: with it a repeat of this request is approved again. Without it a \
                           request whose answer was lost cannot be repeated.",
        ),
    ),
    security(("bearer" = [])),
    request_body(content = ConfirmBody, description = "The code."),
    responses(
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
        (status = 200, description = "It was right.", body = ConfirmedAnswer),
        (status = 404, description = "The tenant has no verification of this id."),
        (status = 409, description = "It was approved before, by another request or by the link of its message."),
        (status = 410, description = "Its time is over (`verification-expired`), or it was cancelled \
                                      (`verification-cancelled`)."),
        (status = 422, description = "The code is wrong (`wrong-code`, with `attempts_left`), or the body is not valid."),
        (status = 429, description = "It was tried five times: start another."),
    ),
)]
pub(crate) async fn confirm(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    Id(id): Id,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<ConfirmedAnswer>, Problem> {
    let key = idempotency_key(&headers)?;
    let text = read_json_text(request, BODY_LIMIT).await?;
    let code = read_code(&text).map_err(refusal)?;
    let tried = app.verifying().confirm(&caller, id.clone(), &code, key).await;
    let ended = match tried.map_err(|why| refused(why, &app.settings.verify))? {
        checked @ (Checked::Approved | Checked::AlreadyApproved) => {
            let already = checked == Checked::AlreadyApproved;
            return Ok(Json(ConfirmedAnswer { id, status: VerificationState::Approved.as_str(), already }));
        }
        Checked::Wrong { left } => return Err(wrong(left)),
        Checked::Used => VerificationState::Approved,
        Checked::Expired => VerificationState::Expired,
        Checked::TooMany => VerificationState::Exhausted,
        Checked::Cancelled => VerificationState::Cancelled,
        Checked::Blocked => VerificationState::Blocked,
    };
    Err(refused(NotVerified::Ended(ended), &app.settings.verify))
}
