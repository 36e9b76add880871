//! `PUT /users/{name}/password` and `POST /password`: another password, after which everybody who had the old one logs in
//! again.

use axum::Json;
use axum::extract::{Request, State};
use operations::accounts::Undone;
use operations::accounts::users::{self, Hashing};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use web::body::{Forms, read_fields};
use web::connections::network;
use web::hosts::Source;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::accounts::refused::{answered, unknown_user};
use crate::accounts::unread;
use crate::accounts::users::act::UserChangedAnswer;
use crate::accounts::users::name::Name;
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};

/// The new password of a user.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub(crate) struct PasswordBody {
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
}

/// The caller's passwords.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"old_password": "wrong horse", "new_password": "correct horse battery"}))]
pub(crate) struct PasswordsBody {
    /// The password that the caller has now.
    #[schema(format = Password)]
    old_password: String,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
}

/// Give a user another password
///
/// Its sessions end, and its tokens within five seconds. Needs the scope `admin`.
#[utoipa::path(
    put, path = "/users/{name}/password", operation_id = "set_password", tag = "Users",
    params(("name" = String, Path, description = "The user's name.")), security(("bearer" = [])),
    request_body(content = PasswordBody, description = "The new password."),
    responses(
        (status = 200, description = "Changed.", body = UserChangedAnswer),
        (status = 404, description = "There is none of this name that the caller manages."),
        (status = 429, description = "Too many logins at once: wait as long as Retry-After says."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn set(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Name(name): Name,
    source: Source,
    request: Request,
) -> Result<Json<UserChangedAnswer>, Problem> {
    let reading =
        read_fields(request, Forms::Refused, unread::in_a_new_password, "Send password as a string, in JSON.");
    let PasswordBody { password } = reading.await?;
    let hashing = Hashing { passwords: &app.passwords, peer: source.peer.map(network) };
    let (password, clock) = (SecretString::from(password), app.clock.as_ref());
    let outcome = users::set_password(&app.store, hashing, &caller, &name, password, clock).await;
    app.revoked.forget_age();
    answered(outcome, unknown_user)?;
    Ok(UserChangedAnswer::of(name, "password_changed"))
}

/// Change the own password
///
/// The caller shows the password that it has; failures count as they do at `POST /login`. Its sessions end, and within five
/// seconds its tokens, that of this request too. Any scope will do: `notify`, `read`, `operate`, `admin`, `tenants` or
/// `inbox`.
#[utoipa::path(
    post, path = "/password", operation_id = "change_password", tag = "Users", security(("bearer" = [])),
    request_body(content = PasswordsBody, description = "The old and the new one."),
    responses(
        (status = 200, description = "Changed.", body = UserChangedAnswer),
        (status = 404, description = "The caller is no user of this API, such as a key."),
        (status = 429, description = "Too many failures, or too many logins: wait as long as Retry-After says."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn change(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Any>,
    source: Source,
    request: Request,
) -> Result<Json<UserChangedAnswer>, Problem> {
    let expected = "Send old_password and new_password as two strings, in JSON.";
    let reading = read_fields(request, Forms::Refused, unread::in_passwords, expected);
    let PasswordsBody { old_password, new_password } = reading.await?;
    let (old, new) = (SecretString::from(old_password), SecretString::from(new_password));
    let (login, peer) = (app.log_in(), source.peer.map(network));
    let outcome = users::change_own_password(login, peer, &caller, old, new).await;
    // Whoever only tries must not have every other request wait for the ledger.
    if outcome.as_ref().err().is_none_or(Undone::is_in_doubt) {
        app.revoked.forget_age();
    }
    answered(outcome, unknown_user)?;
    Ok(UserChangedAnswer::of(caller.name, "password_changed"))
}
