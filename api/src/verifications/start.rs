//! `POST /v1/verification/start`: the guard, and then a message with a code and a link.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use operations::verifications::{Asked, ladder_of};
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::Problem;

use super::BODY_LIMIT;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::notifications::body::refusal;
use crate::unavailable::broker_confirmed;
use crate::verifications::answer::{VerificationAnswer, started};
use crate::verifications::body::StartBody;
use crate::verifications::refused::refused;

/// Start a verification
///
/// Sends a code of six digits and, by mail, a link; both are good for ten minutes. 202 is answered after the broker has
/// confirmed the message. The same `Idempotency-Key` is the same verification: what was interrupted goes on, and nothing is
/// sent twice. Whether anybody has an account at this address is known to nobody here, and the answer is the same for all.
/// Before anything is sent the guard against pumping is asked; what it blocks is kept with its reasons, which are for you and
/// not for whoever has asked you. Needs the scope `notify`.
#[utoipa::path(
    post, path = "/v1/verification/start", operation_id = "start_verification", tag = "Verification",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "Any text up to 255 bytes: the same key is the same verification.",
    )),
    security(("bearer" = [])),
    request_body(content = StartBody, description = "Whom to send a code to, and what for."),
    responses(
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
        (status = 202, description = "The message is confirmed, or was before.", body = VerificationAnswer),
        (status = 403, description = "The guard sends nothing there (`verification-blocked`, with `id` and `reasons`); or \
                                      the token has not the scope (`missing-scope`)."),
        (status = 409, description = "The `Idempotency-Key` has started another verification."),
        (status = 410, description = "It was started before the secret was changed twice: start another."),
        (status = 503, description = "The ledger does not answer, or the broker has not confirmed: repeat it with the same \
                                      `Idempotency-Key`."),
    ),
)]
pub(crate) async fn start(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let text = read_json_text(request, BODY_LIMIT).await?;
    let asked = Asked::read(&text, app.has_whatsapp()).map_err(refusal)?;
    let begun = app.verifying().start(&caller, &asked, key).await;
    let verification = begun.map_err(|why| refused(why, &app.settings.verify))?;
    broker_confirmed();
    let ladder = ladder_of(&verification, &asked.ladder);
    let answer = started(verification, ladder.channels(), app.clock.now());
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}
