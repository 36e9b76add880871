//! `DELETE /schedules/{id}`: after the answer it does not fire any more.

use axum::Json;
use axum::extract::State;
use domain::Clock;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;
use crate::schedules::show::unknown;

/// The schedule is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedAnswer {
    /// The schedule's id.
    id: String,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Delete a schedule
///
/// After the answer it does not fire any more. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/schedules/{id}", operation_id = "delete_schedule", tag = "Schedules",
    params(("id" = String, Path, description = "The schedule's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = DeletedAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<DeletedAnswer>, Problem> {
    let clock: &dyn Clock = app.clock.as_ref();
    let deleted = operations::schedules::delete(&app.store, &caller, &id, &app.defaults, &app.recipients, clock).await;
    match done(deleted)? {
        true => Ok(Json(DeletedAnswer { id, status: "deleted" })),
        false => Err(unknown()),
    }
}
