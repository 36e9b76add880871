//! `POST /keys/{id}/rotate`: another key, beside which the old one is taken for a while.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::accounts::keys::{self, LONGEST_OVERLAP, OVERLAP};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::accounts::keys::answer::{KeyAnswer, with_secret};
use crate::accounts::refused::{answered, unknown_key};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;

/// Rotate a key
///
/// Makes a key of the same name, scopes and `expires_at`, which is shown this once. The old one is taken for the overlap, and
/// no longer than it would have been. Needs the scope `admin`, and every scope that the key has.
#[utoipa::path(
    post, path = "/keys/{id}/rotate", operation_id = "rotate_key", tag = "Users",
    params(
        ("id" = String, Path, description = "The id of the old key."),
        (
            "overlap_seconds" = Option<u64>, Query, minimum = 0, maximum = 2592000,
            description = "How long the old key is taken beside the new one; default 86400, a day.",
        ),
    ),
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The new key.", body = KeyAnswer),
        (status = 404, description = "There is none of this id, it is over, or another follows it already."),
        (status = 409, description = "The tenant has as many keys in force as it may have."),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn rotate(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Id(id): Id,
    mut query: Parameters,
) -> Result<(StatusCode, Json<KeyAnswer>), Problem> {
    let overlap = query.number("overlap_seconds", 0..=LONGEST_OVERLAP.as_secs());
    query.finish(&["overlap_seconds"])?;
    let overlap = overlap.map_or(OVERLAP, Duration::from_secs);
    let made = keys::rotate(&app.store, &caller, &id, overlap, app.clock.as_ref()).await;
    app.keys.forget_age();
    Ok((StatusCode::CREATED, Json(with_secret(answered(made, unknown_key)?))))
}
