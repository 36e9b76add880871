//! `GET /endpoints`: all of a tenant, which has few.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::endpoints::answer::{EndpointAnswer, answer};
use crate::unavailable::ledger_read;

/// All of them, in the order of ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointsAnswer {
    /// The endpoints of the token's tenant.
    endpoints: Vec<EndpointAnswer>,
}

/// List endpoints
///
/// The endpoints of the token's tenant, without their secrets. Needs the scope `operate`.
#[utoipa::path(
    get, path = "/endpoints", operation_id = "list_endpoints", tag = "Endpoints", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = EndpointsAnswer), Unauthorised, LedgerAway),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
) -> Result<Json<EndpointsAnswer>, Problem> {
    let found = ledger_read(operations::endpoints::list(&app.store, &caller.tenant).await)?;
    Ok(Json(EndpointsAnswer { endpoints: found.into_iter().map(answer).collect() }))
}
