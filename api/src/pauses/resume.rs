//! `DELETE /pauses/{id}`: lets go on what is paused.

use axum::Json;
use axum::extract::State;
use operations::pauses;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::id::Id;
use crate::pauses::answer::{PauseAnswer, answer, done_within_reach};

/// Resume what is paused
///
/// Workers know of it within 3 seconds, and each delivery that waits goes on with its next look, after the longest of the
/// retry delays at the latest. Needs the scope `operate`; for the deliveries of other tenants, and for what somebody has paused
/// who acts for all (`by_platform`), `tenants` as well.
#[utoipa::path(
    delete, path = "/pauses/{id}", operation_id = "resume", tag = "Pauses",
    params(("id" = String, Path, description = "The pause's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The pause as it was.", body = PauseAnswer),
        (status = 404, description = "Nothing is paused under this id."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn resume(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<PauseAnswer>, Problem> {
    let resumed = done_within_reach(pauses::resume(&app.store, &caller, &id, app.clock.as_ref()).await)?;
    resumed.map(|pause| Json(answer(pause))).ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::not_found("unknown-pause", "There is no such pause", "GET /pauses lists what is paused.")
}
