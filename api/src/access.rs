//! Who may do what: tokens where they are needed, and the rule for publishing without one.

use std::net::IpAddr;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};

use crate::hosts::Source;
use crate::problem::Problem;
use crate::service::App;
use crate::settings::Open;
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
pub(crate) fn require_unless_open(
    app: &App,
    source: Source,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<Option<Caller>, Problem> {
    let open = match app.settings.open {
        Open::Nobody => false,
        Open::ThisMachine => is_loopback(app.settings.listen.ip()) && source.direct,
        Open::Everybody => true,
    };
    match caller(app, headers)? {
        Some(caller) => allowed(caller, &[scope]).map(Some),
        None if open => Ok(None),
        None => Err(missing_token_for_publishing(app.settings.open)),
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
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

fn missing_token_for_publishing(open: Open) -> Problem {
    let why = match open {
        Open::ThisMachine => {
            "Without a token this works only when the API listens on a loopback address and is called there directly, \
             not through a proxy, or with NOTIFY_OPEN=true."
        }
        Open::Nobody | Open::Everybody => {
            "Without a token this works only where the operator has opened it: NOTIFY_OPEN=local for callers on the same \
             machine, NOTIFY_OPEN=true for everybody."
        }
    };
    let detail = format!("Send `Authorization: Bearer <token>`; POST /login gives one. {why}");
    Problem::new(StatusCode::UNAUTHORIZED, "missing-token", "A token is needed", detail).with_challenge("Bearer")
}
