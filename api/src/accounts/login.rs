//! `POST /login`: passwords in, tokens out, and the same answers for whoever only guesses.

use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::{Actor, Scope, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::{Login, Standing, User};
use tokio::time::Instant;
use utoipa::ToSchema;
use web::body::{Forms, read_fields};
use web::connections::network;
use web::hosts::Source;
use web::problem::Problem;

use crate::accounts::password::{self, Place, Turn};
use crate::accounts::registration::is_name;
use crate::accounts::unread;
use crate::app::{App, Shared};
use crate::docs::refusals::{InvalidFields, LedgerAway, Unreadable};
use crate::unavailable::{ledger_changed, ledger_read};

/// After which a login that is locked out is refused, whether its password was looked at or not: several times what
/// looking at one takes.
const LOCKED_OUT_PAUSE: Duration = Duration::from_millis(500);

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
    let peer = source.peer.map(network);
    let place = app.passwords.place(peer)?;
    let refused_at = Instant::now() + LOCKED_OUT_PAUSE;
    let login = counted(&app, &username, peer);
    let standing = standing_of(&app, &login).await?;
    if is_locked_out(&standing) {
        return Err(locked_out(&app, &login, &standing, place, refused_at).await);
    }
    let turn = app.passwords.turn(place, standing.known).await?;
    // Again: while this one waited, others may have failed.
    let standing = standing_of(&app, &login).await?;
    if is_locked_out(&standing) {
        return Err(locked_out(&app, &login, &standing, turn.give_back(), refused_at).await);
    }
    let user = if is_name(&username) { ledger_read(app.store.user(&username).await)? } else { None };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let (verified, turn) = password::verify(turn, SecretString::from(password), hash).await?;
    match user.filter(|_| verified) {
        Some(user) => {
            ledger_changed(app.store.login_succeeded(&login, app.clock.now()).await)?;
            token_for(&app, user)
        }
        None if standing.locked_until.is_some() => {
            Err(locked_out(&app, &login, &standing, turn.give_back(), refused_at).await)
        }
        None => Err(failed(&app, &login, standing.known, turn).await),
    }
}

/// # Errors
/// 429 while the name is locked out for failures of its own from there: then no password is looked at.
async fn standing_of(app: &App, login: &Login) -> Result<Standing, Problem> {
    let now = app.clock.now();
    let standing = ledger_read(app.store.login_standing(login, now).await)?;
    if standing.locked_here { Err(too_many_failures(&standing, now)) } else { Ok(standing) }
}

/// For what others have done; a name that is known from there may still show that it has the right password.
fn is_locked_out(standing: &Standing) -> bool {
    standing.locked_until.is_some() && !standing.known
}

/// The refusal of who is locked out for what others have done, be it that its name is not known from there or that its
/// password is wrong: the same words, counts and time for both, or they would tell which names have logged in there.
async fn locked_out(app: &App, login: &Login, standing: &Standing, place: Place, refused_at: Instant) -> Problem {
    let counted = app.store.login_refused(login, app.clock.now()).await;
    tokio::time::sleep_until(refused_at).await;
    drop(place);
    ledger_changed(counted).err().unwrap_or_else(|| too_many_failures(standing, app.clock.now()))
}

/// Counts a wrong password. The turn is held until it counts, so that nobody gets more guesses than there are turns. A
/// name that nobody has counts as well: both answers cost the same, and say the same.
async fn failed(app: &App, login: &Login, known: bool, turn: Turn) -> Problem {
    if let Err(problem) = ledger_changed(app.store.login_failed(login, app.clock.now()).await) {
        return problem;
    }
    if !known {
        return wrong_credentials();
    }
    // Who is known had no queue before it, and a quicker refusal would tell.
    match app.passwords.turn(turn.give_back(), false).await {
        Ok(_turn) => wrong_credentials(),
        Err(problem) => problem,
    }
}

/// Under what a failure is counted.
fn counted(app: &App, username: &str, peer: Option<IpAddr>) -> Login {
    let peer = peer.map_or_else(String::new, |peer| peer.to_string());
    let hash = |kind: &str, name: &str, peer: &str| app.logins.hash(&format!("{kind}\0{name}\0{peer}"));
    Login {
        name_and_peer: hash("name and peer", username, &peer),
        peer: hash("peer", "", &peer),
        name: hash("name", username, ""),
    }
}

fn token_for(app: &App, user: User) -> Result<Json<TokenAnswer>, Problem> {
    let scopes = user.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect();
    let caller = Actor { name: user.name, tenant: user.tenant, scopes };
    let access_token = app.tokens.issue(&caller).ok_or_else(|| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "The API failed",
            "The token could not be signed; try again, and tell the operator.",
        )
    })?;
    Ok(Json(TokenAnswer { access_token, token_type: "bearer", expires_in: app.tokens.lifetime().as_secs() }))
}

fn wrong_credentials() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong-credentials",
        "The user name or the password is wrong",
        "Check both and try again; an administrator registers users with POST /register.",
    )
    .with_challenge("Bearer")
}

fn too_many_failures(standing: &Standing, now: Timestamp) -> Problem {
    let seconds = standing.locked_until.map_or(0, |until| until.since(now).as_secs()) + 1;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-failures",
        "Too many failed logins",
        "Wait as long as Retry-After says, then log in again.",
    )
    .with_retry_after(seconds)
}

/// `POST /login` and `POST /register` where tokens are made by somebody else.
pub(crate) async fn elsewhere() -> Problem {
    Problem::not_found(
        "tokens-issued-elsewhere",
        "This API does not issue tokens",
        "It checks tokens with a public key (ALGORITHM=RS256 or ES256): ask their issuer for one.",
    )
}
