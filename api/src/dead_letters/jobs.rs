//! `GET /dead-letters/jobs`: the newest plans, and the jobs that they became.

use axum::Json;
use axum::extract::State;
use operations::dead_letters;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{JobAnswer, job};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// The newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobsAnswer {
    /// At most 200 plans and jobs of the token's tenant.
    jobs: Vec<JobAnswer>,
}

/// List plans and jobs over dead letters
///
/// Those of the token's tenant. Needs the scope `read`.
#[utoipa::path(
    get, path = "/dead-letters/jobs", operation_id = "list_dead_letter_jobs", tag = "Dead letters",
    security(("bearer" = [])),
    responses((status = 200, description = "The newest.", body = JobsAnswer), Unauthorised, LedgerAway),
)]
pub(crate) async fn jobs(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
) -> Result<Json<JobsAnswer>, Problem> {
    let found = ledger_read(dead_letters::jobs(&app.store, &caller.tenant).await)?;
    Ok(Json(JobsAnswer { jobs: found.into_iter().map(job).collect() }))
}
