//! `GET /asks/{id}`: one of them with its answers and its messages.

use axum::Json;
use axum::extract::State;
use domain::Key;
use operations::asks;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::asks::answer::{AskAnswer, whole};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// See one ask
///
/// With who has answered what, and the messages by which people are asked. Needs the scope `read`.
#[utoipa::path(
    get, path = "/asks/{id}", operation_id = "show_ask", tag = "Asks",
    params(("id" = String, Path, description = "The ask's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The ask.", body = AskAnswer),
        (status = 404, description = "There is none of this id, or nobody has been asked yet."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<AskAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let shown = ledger_read(asks::show(&app.store, &key).await)?.ok_or_else(unknown)?;
    Ok(Json(whole(shown)))
}

/// The tenant has none of this id.
pub(super) fn unknown() -> Problem {
    let detail = "GET /asks lists those there are; one that was accepted just now may not be there yet.";
    Problem::not_found("unknown-ask", "There is no such ask", detail)
}
