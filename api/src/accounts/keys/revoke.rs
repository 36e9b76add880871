//! `DELETE /keys/{id}`: refused from then on.

use axum::Json;
use axum::extract::State;
use operations::accounts::keys;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::accounts::refused::{answered, unknown_key};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;

/// The key is refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyRevokedAnswer {
    /// The key's id.
    id: String,
    /// Always `revoked`.
    #[schema(example = "revoked")]
    status: &'static str,
}

/// Revoke a key
///
/// It is refused within five seconds, and stays on the list. Needs the scope `admin`.
#[utoipa::path(
    delete, path = "/keys/{id}", operation_id = "revoke_key", tag = "Users",
    params(("id" = String, Path, description = "The key's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Revoked.", body = KeyRevokedAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn revoke(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Id(id): Id,
) -> Result<Json<KeyRevokedAnswer>, Problem> {
    let revoked = keys::revoke(&app.store, &caller, &id, app.clock.as_ref()).await;
    app.keys.forget_age();
    answered(revoked, unknown_key)?;
    Ok(Json(KeyRevokedAnswer { id, status: "revoked" }))
}
