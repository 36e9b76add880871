//! `DELETE /endpoints/{id}`: no event becomes a webhook to it any more; those under way go on.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::endpoints::answer::unknown;
use crate::id::Id;

/// The endpoint is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointDeletedAnswer {
    /// The endpoint's id.
    id: String,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Delete an endpoint
///
/// Within seconds no further event becomes a webhook to it. Webhooks that are under way by then are still sent and
/// retried. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/endpoints/{id}", operation_id = "delete_endpoint", tag = "Endpoints",
    params(("id" = String, Path, description = "The endpoint's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = EndpointDeletedAnswer),
        (status = 404, description = "There is none of this id."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<EndpointDeletedAnswer>, Problem> {
    match done(operations::endpoints::delete(&app.store, &caller, &id, app.clock.now()).await)? {
        true => Ok(Json(EndpointDeletedAnswer { id, status: "deleted" })),
        false => Err(unknown()),
    }
}
