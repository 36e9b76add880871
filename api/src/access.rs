//! Decides who may do what: tokens where they are needed, and the rule for publishing without one.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::{Actor, Scope};
use operations::accounts::keys;
use web::access::{Guard, Scopes, admit};
use web::hosts::Source;
use web::problem::Problem;

use crate::app::App;
use crate::done::missing_scope;
use crate::settings::Open;
use crate::token::Signed;
use crate::unavailable::ledger_read;

/// The scopes that routes ask for.
pub(crate) mod scopes {
    use domain::Scope;
    use web::access::Scopes;

    pub(crate) struct Notify;
    pub(crate) struct Read;
    pub(crate) struct Operate;
    pub(crate) struct OperateOrNotify;
    pub(crate) struct InboxOrRead;
    pub(crate) struct InboxOrOperate;
    pub(crate) struct ReadOrNotify;
    pub(crate) struct Admin;
    /// Whoever may do anything at all.
    pub(crate) struct Any;

    impl Scopes for Notify {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Notify];
    }

    impl Scopes for Read {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Read];
    }

    impl Scopes for Operate {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Operate];
    }

    impl Scopes for OperateOrNotify {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Operate, Scope::Notify];
    }

    impl Scopes for InboxOrRead {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Inbox, Scope::Read];
    }

    impl Scopes for InboxOrOperate {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Inbox, Scope::Operate];
    }

    impl Scopes for ReadOrNotify {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Read, Scope::Notify];
    }

    impl Scopes for Admin {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &[Scope::Admin];
    }

    impl Scopes for Any {
        type Scope = Scope;

        const ANY_OF: &'static [Scope] = &Scope::ALL;
    }
}

/// A caller whose token has one of the scopes `S`. A handler with this argument is called for nobody else: others get 401
/// without a valid token and 403 without the scope.
pub(crate) type Authorized<S> = web::access::Authorized<S, App>;

/// A caller as [`Authorized`] has one, or nobody where the open rule lets everybody in. A token that is present must be
/// valid even then.
pub(crate) struct AuthorizedUnlessOpen<S> {
    pub(crate) caller: Option<Actor>,
    scopes: PhantomData<S>,
}

/// The API knows its callers by the token or the key in the header `Authorization`.
impl Guard for App {
    type Scope = Scope;
    type Caller = Actor;

    async fn caller_with(&self, headers: &HeaderMap, any_of: &[Scope]) -> Result<Option<Actor>, Problem> {
        caller(self, headers).await?.map(|caller| allowed(caller, any_of)).transpose()
    }

    /// A ledger that does not answer lets nobody in: the refusal stands, and is in our log instead.
    async fn note_refusal(&self, parts: &Parts, any_of: &[Scope]) {
        let Ok(Some(caller)) = caller(self, &parts.headers).await else { return };
        let route = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
        let asked = format!("{} {route}", parts.method);
        if let Err(error) = operations::note_denied(&self.store, &caller, any_of, &asked, self.clock.now()).await {
            tracing::warn!(%error, actor = %caller.name, %asked, "a refusal could not be noted in the journal");
        }
    }

    fn unauthenticated(&self) -> Problem {
        missing_token()
    }
}

impl<S: Scopes<Scope = Scope>> FromRequestParts<Arc<App>> for AuthorizedUnlessOpen<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = admit(app.as_ref(), parts, S::ANY_OF).await?;
        if caller.is_none() && !is_open(app, Source::of(parts)) {
            return Err(missing_token_for_publishing(app.settings.open));
        }
        Ok(Self { caller, scopes: PhantomData })
    }
}

/// Returns who is asking. None without an `Authorization` header.
///
/// # Errors
/// 401, the same for every token and every key that is not valid; 503 for a key that this process has not seen lately,
/// while the ledger does not answer.
async fn caller(app: &App, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match (token, values.next()) {
        (Some((_, token)), None) if keys::is_meant(token.trim()) => by_key(app, token.trim()).await.map(Some),
        (Some((_, token)), None) => by_token(app, token.trim()).await.map(Some),
        _ => Err(invalid_token()),
    }
}

async fn by_key(app: &App, key: &str) -> Result<Actor, Problem> {
    ledger_read(app.keys.actor(&app.store, app.clock.as_ref(), key).await)?.ok_or_else(invalid_token)
}

/// A token of ours may have been revoked since it was signed. What another issuer has signed, it alone takes back.
async fn by_token(app: &App, token: &str) -> Result<Actor, Problem> {
    let Signed { caller, issued_at } = app.tokens.check(token).map_err(|_| invalid_token())?;
    if app.tokens.issues() && app.revoked.has(&app.store, app.clock.as_ref(), &caller.name, issued_at).await {
        return Err(invalid_token());
    }
    Ok(caller)
}

fn is_open(app: &App, source: Source) -> bool {
    match app.settings.open {
        Open::Nobody => false,
        Open::ThisMachine => is_loopback(app.settings.listen.ip()) && source.direct,
        Open::Everybody => true,
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn allowed(caller: Actor, scopes: &[Scope]) -> Result<Actor, Problem> {
    if scopes.iter().any(|&scope| caller.may(scope)) { Ok(caller) } else { Err(missing_scope(scopes)) }
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
