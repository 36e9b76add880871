//! Who may do what: tokens where they are needed, and the rule for publishing without one.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{Extensions, HeaderMap, StatusCode};

use crate::problem::Problem;
use crate::service::App;
use crate::token::{Caller, Scope};

/// Who is asking: None without an `Authorization` header.
///
/// # Errors
/// 401, the same for every token that is not valid.
pub(crate) fn caller(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match (token, values.next()) {
        (Some((_, token)), None) => app.tokens.check(token.trim()).map(Some).map_err(|_| invalid_token()),
        _ => Err(invalid_token()),
    }
}

/// A caller whose token has one of these scopes.
///
/// # Errors
/// 401 without a valid token, 403 without the scope.
pub(crate) fn require(app: &App, headers: &HeaderMap, scopes: &[Scope]) -> Result<Caller, Problem> {
    allowed(caller(app, headers)?.ok_or_else(missing_token)?, scopes)
}

/// A caller with the scope, or nobody where the open rule lets everybody in. A token that is present must
/// be valid even then.
///
/// # Errors
/// As [`require`].
pub(crate) fn require_unless_open(app: &App, headers: &HeaderMap, scope: Scope) -> Result<Option<Caller>, Problem> {
    match caller(app, headers)? {
        Some(caller) => allowed(caller, &[scope]).map(Some),
        None if app.settings.notify_open || (is_loopback(app.settings.listen.ip()) && is_direct(headers)) => Ok(None),
        None => Err(missing_token_for_publishing()),
    }
}

/// The request comes from this machine itself.
pub(crate) fn is_local(headers: &HeaderMap, extensions: &Extensions) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    peer.is_some_and(is_loopback) && is_direct(headers)
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// No proxy has passed it on, and no web page has had another name resolve to this machine.
fn is_direct(headers: &HeaderMap) -> bool {
    let forwarded =
        |name: &str| name == "forwarded" || name == "x-real-ip" || name == "via" || name.starts_with("x-forwarded-");
    let named_here = headers.get(HOST).is_none_or(|host| host.to_str().is_ok_and(names_this_machine));
    named_here && !headers.keys().any(|name| forwarded(name.as_str()))
}

/// `localhost` or an IP address, with or without a port.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

fn allowed(caller: Caller, scopes: &[Scope]) -> Result<Caller, Problem> {
    if scopes.iter().any(|&scope| caller.has(scope)) {
        return Ok(caller);
    }
    let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = format!("This needs a token with the scope {}; ask an administrator for it.", names.join(" or "));
    Err(Problem::new(StatusCode::FORBIDDEN, "missing-scope", "The token does not allow this", detail)
        .with_challenge("Bearer error=\"insufficient_scope\""))
}

fn invalid_token() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-token",
        "The token is not valid",
        "Send `Authorization: Bearer <token>` with one unexpired token made for this service; POST /login gives one.",
    )
    .with_challenge("Bearer error=\"invalid_token\"")
}

fn missing_token() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "missing-token",
        "A token is needed",
        "Send `Authorization: Bearer <token>`; POST /login gives one.",
    )
    .with_challenge("Bearer")
}

fn missing_token_for_publishing() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "missing-token",
        "A token is needed",
        "Send `Authorization: Bearer <token>`; POST /login gives one. Without a token this works only when the API \
         listens on a loopback address and is called there directly, not through a proxy, or with NOTIFY_OPEN=true.",
    )
    .with_challenge("Bearer")
}
