//! `POST /users/{name}/disable`, `/enable` and `/revoke`, `DELETE /users/{name}`.

use axum::Json;
use axum::extract::State;
use domain::Actor;
use operations::accounts::users::{self, Act};
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::accounts::refused::{answered, unknown_user};
use crate::accounts::users::name::Name;
use crate::app::{App, Shared};
use crate::docs::refusals::{LedgerAway, Unauthorised};

/// What was done to a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserChangedAnswer {
    /// The user's name.
    username: String,
    /// `disabled`, `enabled`, `deleted`, `revoked` or `password_changed`.
    #[schema(example = "disabled")]
    status: &'static str,
}

impl UserChangedAnswer {
    pub(super) fn of(username: String, status: &'static str) -> Json<Self> {
        Json(Self { username, status })
    }
}

/// Disable a user
///
/// The user cannot log in any more. Its sessions end, and its tokens within five seconds. Needs the scope `admin`.
#[utoipa::path(
    post, path = "/users/{name}/disable", operation_id = "disable_user", tag = "Users",
    params(("name" = String, Path, description = "The user's name.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Disabled.", body = UserChangedAnswer),
        (status = 404, description = "There is none of this name that the caller manages."),
        (status = 409, description = "It is the last user who can log in and manages all others."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn disable(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Name(name): Name,
) -> Result<Json<UserChangedAnswer>, Problem> {
    done(&app, &caller, name, Act::Disable, "disabled").await
}

/// Enable a user again
///
/// The user may log in again. Tokens that it had before stay refused. Needs the scope `admin`.
#[utoipa::path(
    post, path = "/users/{name}/enable", operation_id = "enable_user", tag = "Users",
    params(("name" = String, Path, description = "The user's name.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Enabled.", body = UserChangedAnswer),
        (status = 404, description = "There is none of this name that the caller manages."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn enable(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Name(name): Name,
) -> Result<Json<UserChangedAnswer>, Problem> {
    done(&app, &caller, name, Act::Enable, "enabled").await
}

/// Sign a user out everywhere
///
/// Its sessions end, and its tokens within five seconds; it may log in again. Needs the scope `admin`.
#[utoipa::path(
    post, path = "/users/{name}/revoke", operation_id = "revoke_user_tokens", tag = "Users",
    params(("name" = String, Path, description = "The user's name.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Signed out.", body = UserChangedAnswer),
        (status = 404, description = "There is none of this name that the caller manages."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn revoke(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Name(name): Name,
) -> Result<Json<UserChangedAnswer>, Problem> {
    done(&app, &caller, name, Act::Revoke, "revoked").await
}

/// Delete a user
///
/// Its sessions end, and its tokens within five seconds; the name is free. Keys that it has made stay. Needs the scope
/// `admin`.
#[utoipa::path(
    delete, path = "/users/{name}", operation_id = "delete_user", tag = "Users",
    params(("name" = String, Path, description = "The user's name.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = UserChangedAnswer),
        (status = 404, description = "There is none of this name that the caller manages."),
        (status = 409, description = "It is the last user who can log in and manages all others."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Name(name): Name,
) -> Result<Json<UserChangedAnswer>, Problem> {
    done(&app, &caller, name, Act::Delete, "deleted").await
}

async fn done(
    app: &App,
    caller: &Actor,
    name: String,
    act: Act,
    status: &'static str,
) -> Result<Json<UserChangedAnswer>, Problem> {
    let outcome = users::act(&app.store, caller, &name, act, app.clock.as_ref()).await;
    app.revoked.forget_age();
    answered(outcome, unknown_user)?;
    Ok(UserChangedAnswer::of(name, status))
}
