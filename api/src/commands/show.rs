//! `GET /v1/commands/{id}`: how far one is.

use axum::Json;
use axum::extract::State;
use domain::Key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::commands::answer::{CommandAnswer, answer, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Show a command
///
/// How far it is, who has asked for it and confirmed it, and what its service says of its end. Needs the scope `read`.
#[utoipa::path(
    get, path = "/v1/commands/{id}", operation_id = "show_command", tag = "Commands",
    params(("id" = String, Path, description = "The command's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The command.", body = CommandAnswer),
        (status = 404, description = "The tenant has none of this id, or it is not made yet."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<CommandAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let found = ledger_read(operations::commands::show(&app.store, &key).await)?;
    found.map(|command| Json(answer(command))).ok_or_else(unknown)
}
