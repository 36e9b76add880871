//! `GET /pauses`: what is paused now.

use axum::Json;
use axum::extract::State;
use operations::pauses::{self, Reach};
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::pauses::answer::{PauseAnswer, answer};
use crate::unavailable::ledger_read;

/// All of them, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct PausesAnswer {
    /// Those that concern deliveries of the token's tenant.
    pauses: Vec<PauseAnswer>,
}

/// List what is paused
///
/// Everything for which deliveries of the token's tenant wait now, the newest first; with the scope `tenants`, of all
/// tenants. Needs the scope `read`.
#[utoipa::path(
    get, path = "/pauses", operation_id = "list_pauses", tag = "Pauses",
    security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = PausesAnswer), Unauthorised, LedgerAway),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
) -> Result<Json<PausesAnswer>, Problem> {
    let found = ledger_read(pauses::list(&app.store, &Reach::of(&caller), app.clock.now()).await)?;
    Ok(Json(PausesAnswer { pauses: found.into_iter().map(answer).collect() }))
}
