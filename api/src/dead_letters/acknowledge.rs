//! `POST /dead-letters/groups/{id}/acknowledge`: somebody looks after a group.

use axum::extract::State;
use axum::http::StatusCode;
use operations::{dead_letters, suppressions};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;

/// Acknowledge a group of dead letters
///
/// Others see who looks after it, and since when. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/dead-letters/groups/{id}/acknowledge", operation_id = "acknowledge_dead_letter_group",
    tag = "Dead letters",
    params(
        ("id" = String, Path, description = "The fingerprint of the group."),
        ("note" = Option<String>, Query, max_length = 500, description = "Whatever there is to say about it, in one line."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It is noted."),
        (status = 404, description = "There is no such group."),
        (status = 422, description = "The note is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn acknowledge(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    mut query: Parameters,
) -> Result<StatusCode, Problem> {
    let rule = "must be one line of at most 500 characters, or be left out";
    let note = query.parsed("note", rule, |text| suppressions::why(text).ok());
    query.finish(&["note"])?;
    let noted = dead_letters::acknowledge(&app.store, &caller, &id, note.as_deref(), app.clock.as_ref()).await;
    if done(noted)? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

fn unknown() -> Problem {
    Problem::not_found("unknown-group", "There is no such group", "GET /dead-letters/groups lists those there are.")
}
