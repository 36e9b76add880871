//! `POST /register`: who may log in, and who may say so.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::{Actor, content_of};
use operations::accounts::users::{self, AddedBy, Asked, Hashing};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::access::{Scopes, admit};
use web::body::{Forms, read_fields_and_others};
use web::connections::network;
use web::hosts::Source;
use web::problem::Problem;

use crate::access::scopes;
use crate::accounts::{refused, unread};
use crate::app::{App, Shared};
use crate::docs::refusals::{InvalidFields, LedgerAway, Unreadable};
use crate::unavailable::ledger_read;

const BOOTSTRAP_HEADER: &str = "x-bootstrap-token";

/// The user to register.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct Registration {
    /// 1 to 64 letters, digits, or `.`, `_`, `@`, `+`, `-`.
    #[schema(pattern = "^[A-Za-z0-9._@+-]{1,64}$")]
    username: String,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// Words separated by spaces: `notify`, `read`, `operate`, `admin`, `tenants`. Default `notify read`; the first user
    /// gets all of them.
    #[serde(default)]
    scope: Option<String>,
    /// The tenant whose notifications the user may publish and see. Default: the administrator's own; another needs
    /// the scope `tenants`.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    tenant: Option<String>,
}

/// The fields of a registration, whatever they hold.
#[derive(Deserialize)]
struct Written {
    username: Option<Value>,
    password: Option<Value>,
    scope: Option<Value>,
    tenant: Option<Value>,
}

impl Written {
    fn object(self) -> Map<String, Value> {
        let Self { username, password, scope, tenant } = self;
        let fields = [("username", username), ("password", password), ("scope", scope), ("tenant", tenant)];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// A registered user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    /// The user's name.
    username: String,
    /// The user's tenant.
    tenant: String,
    /// What the user may do.
    #[schema(example = "notify read")]
    scope: String,
}

/// Who registers a user.
pub(crate) enum Registrar {
    Admin(Actor),
    /// Somebody who may be the first user, as long as there is none.
    FirstUser,
}

impl FromRequestParts<Arc<App>> for Registrar {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match admit(app.as_ref(), parts, scopes::Admin::ANY_OF).await? {
            Some(admin) => Ok(Self::Admin(admin)),
            None if may_bootstrap(app, Source::of(parts), &parts.headers) && !has_users(app).await? => {
                Ok(Self::FirstUser)
            }
            None => Err(not_the_first(&slip_of_the_header(&parts.headers))),
        }
    }
}

/// Register a user
///
/// The first user is registered with the header `X-Bootstrap-Token` that the API prints at its start, and gets every
/// scope; under `chasqui up`, from the machine itself, without it. After that, a token with the scope `admin` is needed,
/// and for another tenant than the token's the scope `tenants`. HTML forms are read with a token only.
#[utoipa::path(
    post, path = "/register", tag = "Users",
    params((
        "X-Bootstrap-Token" = Option<String>, Header,
        description = "Printed at start; for the first user.",
    )),
    security((), ("bearer" = [])),
    request_body(description = "The user to register.", content(
        (Registration = "application/json"), (Registration = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 201, description = "Registered.", body = UserAnswer),
        (status = 401, description = "No valid token was sent, and this is not the first user with the bootstrap token."),
        (status = 403, description = "The token has not the scope that is needed, or a page of another origin sent this."),
        (status = 409, description = "The name is taken."),
        (status = 429, description = "Too many logins at once: wait as long as Retry-After says."),
        Unreadable, InvalidFields, LedgerAway,
    ),
)]
pub(crate) async fn register(
    State(app): Shared,
    registrar: Registrar,
    source: Source,
    request: Request,
) -> Result<(StatusCode, Json<UserAnswer>), Problem> {
    // A page of another origin can send a form, and no JSON.
    let (admin, forms) = match registrar {
        Registrar::Admin(admin) => (Some(admin), Forms::Read),
        Registrar::FirstUser => (None, Forms::Refused),
    };
    let reading = read_fields_and_others::<Written>(request, forms, unread::in_a_registration, unread::EXPECTED);
    let (written, others) = reading.await?;
    let by = admin.as_ref().map_or(AddedBy::Itself, AddedBy::Administrator);
    let user = Asked::of(written.object(), by, others).map_err(Problem::invalid_fields)?;
    let scope: Vec<&str> = user.scopes.iter().map(|scope| scope.as_str()).collect();
    let answer = UserAnswer { username: user.name.clone(), tenant: user.tenant.to_string(), scope: scope.join(" ") };
    let hashing = Hashing { passwords: &app.passwords, peer: source.peer.map(network) };
    let clock = app.clock.as_ref();
    let created = match admin {
        Some(admin) => users::add(&app.store, hashing, &admin, user, clock).await.map(|()| true),
        None => users::add_first(&app.store, hashing, user, clock).await,
    };
    match refused::answered(created, refused::unknown_user)? {
        true => Ok((StatusCode::CREATED, Json(answer))),
        false => Err(not_the_first("")),
    }
}

async fn has_users(app: &App) -> Result<bool, Problem> {
    Ok(ledger_read(app.store.count_users().await)? > 0)
}

fn may_bootstrap(app: &App, source: Source, headers: &HeaderMap) -> bool {
    let expected = app.settings.bootstrap_token.expose_secret();
    // Hashes are compared, so that the time says nothing about the token.
    let given = |value: &axum::http::HeaderValue| content_of(value.as_bytes()) == content_of(expected.as_bytes());
    let with_token = !expected.is_empty() && headers.get(BOOTSTRAP_HEADER).is_some_and(given);
    with_token || (app.settings.first_user_from_here && source.is_this_machine())
}

/// What is said of a header that is nearly the one with the bootstrap token.
fn slip_of_the_header(headers: &HeaderMap) -> String {
    let mut names = headers.keys().map(|name| name.as_str()).filter(|name| *name != BOOTSTRAP_HEADER);
    let is_slip = |name: &&str| domain::nearest(name, [BOOTSTRAP_HEADER, "bootstrap-token", "x-bootstrap"]).is_some();
    let slip = names.find(is_slip).map(domain::pointer_step);
    slip.map(|name| format!(" The header {name} is not known: did you mean X-Bootstrap-Token?")).unwrap_or_default()
}

fn not_the_first(slip: &str) -> Problem {
    let detail = format!(
        "Send the token of a user with the scope admin. Only the first user is registered without one: with the header \
         X-Bootstrap-Token that the API prints at its start, or under `chasqui up` from the machine itself.{slip}"
    );
    Problem::new(StatusCode::UNAUTHORIZED, "missing-token", "A token is needed", detail).with_challenge("Bearer")
}
