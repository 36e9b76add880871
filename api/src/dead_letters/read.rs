//! `POST /dead-letters/read`: has a scheduler read the queue.

use axum::extract::State;
use axum::http::StatusCode;
use operations::dead_letters;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;

/// Have the dead-letter queue read
///
/// A scheduler reads it to its end, within moments; `GET /dead-letters/groups` says since when it is known. Nobody else
/// sees letters meanwhile. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/dead-letters/read", operation_id = "read_dead_letters", tag = "Dead letters",
    security(("bearer" = [])),
    responses((status = 202, description = "It was asked for."), Unauthorised, LedgerAway),
)]
pub(crate) async fn read(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
) -> Result<StatusCode, Problem> {
    done(dead_letters::ask(&app.store, &caller, app.clock.now()).await)?;
    Ok(StatusCode::ACCEPTED)
}
