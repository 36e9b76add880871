//! `DELETE /schedules/{id}`: after the answer it does not fire any more.

use axum::Json;
use axum::extract::State;
use domain::{Key, fire_id};
use serde::Serialize;
use store::JobKind;
use utoipa::ToSchema;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::deliveries::answer::cancelled_target;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::http::problem::Problem;
use crate::http::query::Id;
use crate::schedules::show::find;

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
    let job = find(&app, &Key { tenant: caller.tenant, id }).await?;
    match job.kind {
        // The job is its delivery: a tombstone stops a copy that was released just now.
        JobKind::OneShot => {
            let target = |body: Option<&[u8]>| cancelled_target(&app, body?);
            app.store.cancel_knowing(&job.key, app.clock.now(), &target).await?;
        }
        JobKind::Cron { .. } => {
            app.store.delete_job(&job.key).await?;
            // A fire that a scheduler has claimed already meets its tombstone.
            let now = app.clock.now();
            if job.due_at <= now {
                let fire = Key { tenant: job.key.tenant.clone(), id: fire_id(&job.key, job.due_at) };
                app.store.cancel_knowing(&fire, now, &|_| cancelled_target(&app, &job.body)).await?;
            }
        }
    }
    Ok(Json(DeletedAnswer { id: job.key.id, status: "deleted" }))
}
