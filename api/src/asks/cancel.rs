//! `DELETE /asks/{id}`: after 200 no answer counts any more.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::asks::{self, Withdrawn};
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::asks::answer::{AskAnswer, answer};
use crate::asks::show::unknown;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::Id;

/// Take a question back
///
/// No answer counts any more, and within seconds all messages with the question tell so. Needs the scope `operate` or
/// `notify`; that of a command `operate`.
#[utoipa::path(
    delete, path = "/asks/{id}", operation_id = "cancel_ask", tag = "Asks",
    params(("id" = String, Path, description = "The ask's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Cancelled.", body = AskAnswer),
        (status = 404, description = "There is none of this id, or nobody has been asked yet."),
        (status = 409, description = "It has ended; `state` says how."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn cancel(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::OperateOrNotify>,
    Id(id): Id,
) -> Result<Json<AskAnswer>, Problem> {
    match done(asks::cancel(&app.store, &caller, &id, None, app.clock.now()).await)? {
        Withdrawn::Cancelled(ask) => Ok(Json(answer(*ask))),
        Withdrawn::Ended(ask) => Err(Problem::new(
            StatusCode::CONFLICT,
            "too-late",
            "It can no longer be taken back",
            "The question has ended; GET /asks/{id} says how.",
        )
        .with("id", id)
        .with("state", ask.state().as_str())),
        Withdrawn::Unknown => Err(unknown()),
    }
}
