//! `POST /login`: passwords in, tokens out, and the same answers for whoever only guesses.

use axum::Json;
use axum::extract::{Request, State};

use operations::accounts::log_in::LoggedIn;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::body::{Forms, read_fields};
use web::connections::network;
use web::hosts::Source;
use web::problem::Problem;

use crate::accounts::{refused, unread};
use crate::app::{App, Shared};
use crate::docs::refusals::{InvalidFields, LedgerAway, Unreadable};
use crate::unavailable::ledger_changed;

/// A user's name and password, as JSON or as an HTML form.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery"}))]
pub(crate) struct Credentials {
    /// The user's name.
    username: String,
    /// The user's password.
    #[schema(format = Password)]
    password: String,
}

/// A token, as RFC 6749 section 5.1 writes it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// The token: send it as `Authorization: Bearer <token>`.
    access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds until the token expires.
    #[schema(example = 1800)]
    expires_in: u64,
}

/// Log in
///
/// Gives a token for a user name and a password. An unknown user and a wrong password are answered alike. From the
/// fifth failure in a row on, a name must wait where it was tried: 1 s, doubling, at most 15 minutes.
#[utoipa::path(
    post, path = "/login", tag = "Users",
    request_body(description = "The user's name and password.", content(
        (Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "A token.", body = TokenAnswer),
        (status = 401, description = "The user name or the password is wrong."),
        (status = 429, description = "Too many failures, or too many logins: wait as long as Retry-After says."),
        Unreadable, InvalidFields, LedgerAway,
    ),
)]
pub(crate) async fn login(State(app): Shared, source: Source, request: Request) -> Result<Json<TokenAnswer>, Problem> {
    let Credentials { username, password } =
        read_fields(request, Forms::Read, unread::in_a_login, unread::EXPECTED).await?;
    let password = SecretString::from(password);
    match app.log_in().log_in(&username, password, source.peer.map(network)).await {
        Ok(who) => {
            ledger_changed(Ok(()))?;
            token_for(&app, &who)
        }
        Err(why) => Err(refused::login(why)),
    }
}

fn token_for(app: &App, who: &LoggedIn) -> Result<Json<TokenAnswer>, Problem> {
    let access_token = app
        .tokens
        .issue(who)
        .ok_or_else(|| refused::internal_error("The token could not be signed; try again, and tell the operator."))?;
    Ok(Json(TokenAnswer { access_token, token_type: "bearer", expires_in: app.tokens.lifetime().as_secs() }))
}

/// `POST /login` and `POST /register` where tokens are made by somebody else.
pub(crate) async fn elsewhere() -> Problem {
    Problem::not_found(
        "tokens-issued-elsewhere",
        "This API does not issue tokens",
        "It checks tokens with a public key (ALGORITHM=RS256 or ES256): ask their issuer for one.",
    )
}
