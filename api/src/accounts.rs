//! `POST /login` and `POST /register`: passwords in, tokens out.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use domain::{Tenant, content_of};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::{NewUser, User};
use utoipa::ToSchema;

use crate::access;
use crate::body::read_fields;
use crate::item::field;
use crate::password;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::schema::{InvalidFields, LedgerAway, Unreadable};
use crate::token::{Caller, Scope};

const MIN_PASSWORD_CHARS: usize = 8;
const MAX_PASSWORD_BYTES: usize = 128;
const MAX_NAME_BYTES: usize = 64;
/// What a user gets who was given no scopes.
const USUAL_SCOPES: [Scope; 2] = [Scope::Notify, Scope::Read];
const BOOTSTRAP_HEADER: &str = "x-bootstrap-token";

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

/// The user to register.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery"}))]
pub(crate) struct Registration {
    /// 1 to 64 letters, digits, or `.`, `_`, `@`, `+`, `-`.
    #[schema(pattern = "^[A-Za-z0-9._@+-]{1,64}$")]
    username: String,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// Words separated by spaces: `notify`, `read`, `operate`, `admin`. Default `notify read`; the first user
    /// gets all of them.
    #[serde(default)]
    scope: Option<String>,
    /// The tenant whose notifications the user may publish and see. Default: the administrator's own.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    tenant: Option<String>,
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

/// Log in
///
/// Gives a token for a user name and a password. An unknown user, a wrong password and a name that was tried too
/// often are answered alike. From the fifth failure in a row on, a name must wait: 1 s, doubling, at most 15 minutes.
#[utoipa::path(
    post, path = "/login", tag = "Users",
    request_body(description = "The user's name and password.", content(
        (Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "A token.", body = TokenAnswer),
        (status = 401, description = "The user name or the password is wrong."),
        (status = 429, description = "Too many failures, or too many logins: wait as long as Retry-After says."),
        Unreadable, LedgerAway,
    ),
)]
pub(crate) async fn login(State(app): Shared, request: Request) -> Result<Json<TokenAnswer>, Problem> {
    let Credentials { username, password } = read_fields(request).await?;
    let turn = app.passwords.turn().await?;
    let known = match is_name(&username) {
        true => app.store.user(&username).await?,
        false => None,
    };
    let now = app.clock.now();
    let locked_until = match &known {
        Some(user) => user.locked_until,
        None => app.passwords.stranger_locked_until(&username),
    };
    if let Some(until) = locked_until.filter(|&until| until > now) {
        return Err(too_many_failures(until.since(now).as_secs() + 1));
    }
    let hash = known.as_ref().map(|user| user.password_hash.clone());
    let (verified, turn) = password::verify(turn, SecretString::from(password), hash).await;
    match known {
        Some(user) if verified => {
            if user.failed_logins > 0 {
                app.store.record_login(&user.name, true, now).await?;
            }
            token_for(&app, user)
        }
        Some(user) => {
            // Not waited for, so that the answer takes as long as for an unknown name; the turn is, so that
            // nobody gets more guesses than there are turns before the failure counts.
            tokio::spawn(async move {
                if let Err(error) = app.store.record_login(&user.name, false, now).await {
                    tracing::warn!(%error, "a failed login could not be counted");
                }
                drop(turn);
            });
            Err(wrong_credentials())
        }
        None => {
            app.passwords.stranger_failed(&username, now);
            Err(wrong_credentials())
        }
    }
}

fn token_for(app: &crate::service::App, user: User) -> Result<Json<TokenAnswer>, Problem> {
    let scopes = user.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect();
    let caller = Caller { subject: user.name, tenant: user.tenant, scopes };
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

/// Register a user
///
/// The first user may be registered from the machine itself, or with the header `X-Bootstrap-Token` that the API
/// prints at its start, and gets every scope. After that, a token with the scope `admin` is needed.
#[utoipa::path(
    post, path = "/register", tag = "Users",
    params((
        "X-Bootstrap-Token" = Option<String>, Header,
        description = "Printed at start; for the first user, from another machine.",
    )),
    security((), ("bearer" = [])),
    request_body(description = "The user to register.", content(
        (Registration = "application/json"), (Registration = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 201, description = "Registered.", body = UserAnswer),
        (status = 401, description = "No valid token was sent, and this is not the first user from this machine."),
        (status = 403, description = "The token has not the scope `admin`."),
        (status = 409, description = "The name is taken."),
        (status = 429, description = "Too many logins at once: wait as long as Retry-After says."),
        Unreadable, InvalidFields, LedgerAway,
    ),
)]
pub(crate) async fn register(
    State(app): Shared,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<UserAnswer>), Problem> {
    let admin = access::caller(&app, &headers)?;
    match &admin {
        Some(_) => drop(access::require(&app, &headers, &[Scope::Admin])?),
        None if may_bootstrap(&app, &headers, request.extensions()) && app.store.count_users().await? == 0 => {}
        None => return Err(not_the_first()),
    }
    let registration: Registration = read_fields(request).await?;
    let (mut user, password) = check(registration, admin.as_ref())?;
    let turn = app.passwords.turn().await?;
    user.password_hash = password::hash(turn, password).await?;
    let answer =
        UserAnswer { username: user.name.clone(), tenant: user.tenant.to_string(), scope: user.scopes.join(" ") };
    let created = match admin {
        Some(_) => app.store.create_user(user).await?,
        None if app.store.create_first_user(user).await? => true,
        None => return Err(not_the_first()),
    };
    if created { Ok((StatusCode::CREATED, Json(answer))) } else { Err(name_taken()) }
}

fn may_bootstrap(app: &crate::service::App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let expected = app.settings.bootstrap_token.expose_secret();
    // Hashes are compared, so that the time says nothing about the token.
    let given = |value: &axum::http::HeaderValue| content_of(value.as_bytes()) == content_of(expected.as_bytes());
    let with_token = !expected.is_empty() && headers.get(BOOTSTRAP_HEADER).is_some_and(given);
    with_token || access::is_local(headers, extensions)
}

/// The user without the hash, and the password to hash.
fn check(registration: Registration, admin: Option<&Caller>) -> Result<(NewUser, SecretString), Problem> {
    let Registration { username, password, scope, tenant } = registration;
    let mut errors = Vec::new();
    if !is_name(&username) {
        errors.push(field("/username", "must be 1 to 64 letters, digits, or '.', '_', '@', '+', '-'"));
    }
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        let rule = format!("must have at least {MIN_PASSWORD_CHARS} characters and at most {MAX_PASSWORD_BYTES} bytes");
        errors.push(field("/password", rule));
    }
    let given = scope.as_deref().map(|scope| scope.split_whitespace().map(Scope::parse).collect::<Option<Vec<_>>>());
    let scopes = match (admin, given) {
        (None, _) => Scope::ALL.to_vec(),
        (_, Some(Some(scopes))) => scopes,
        (_, Some(None)) => {
            errors.push(field("/scope", "must be words out of notify, read, operate, admin, separated by spaces"));
            Vec::new()
        }
        (Some(_), None) => USUAL_SCOPES.to_vec(),
    };
    let own = admin.map(|admin| admin.tenant.clone()).unwrap_or_default();
    let tenant = tenant.map_or(Some(own), |tenant| Tenant::parse(&tenant)).unwrap_or_else(|| {
        errors.push(field("/tenant", "must be 1 to 64 letters, digits, '_' or '-'"));
        Tenant::default()
    });
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    let scopes = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let nothing = SecretString::from(String::new());
    Ok((NewUser { name: username, tenant, password_hash: nothing, scopes }, SecretString::from(password)))
}

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}

/// `POST /login` and `POST /register` where tokens are made by somebody else.
pub(crate) async fn elsewhere() -> Problem {
    Problem::not_found(
        "tokens-issued-elsewhere",
        "This API does not issue tokens",
        "It checks tokens with a public key (ALGORITHM=RS256 or ES256): ask their issuer for one.",
    )
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

fn too_many_failures(seconds: u64) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-failures",
        "Too many failed logins",
        "This name was tried too often. Wait as long as Retry-After says, then log in again.",
    )
    .with_retry_after(seconds)
}

fn not_the_first() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "missing-token",
        "A token is needed",
        "Send the token of a user with the scope admin. Only the first user is registered without one: from the \
         machine that the API runs on, or with the X-Bootstrap-Token that the API prints at its start.",
    )
    .with_challenge("Bearer")
}

fn name_taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "name-taken", "There is a user of this name", "Choose another name.")
}
