//! Says whom a route is open to: a handler gets its caller as an argument, and is called for nobody who may not call
//! it.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::problem::Problem;

/// The state of guarded routes, which looks at whatever a caller shows.
pub trait Guard: Send + Sync + 'static {
    /// What a caller may be allowed.
    type Scope: Sync + 'static;
    /// Who is asking.
    type Caller: Send;

    /// Returns who is asking, if one of the scopes lets that caller in. None for a caller who does not say who it is.
    ///
    /// # Errors
    /// 401 for whoever is not who it says, 403 for whoever has none of the scopes; 503 where that is not known now.
    fn caller_with(
        &self,
        headers: &HeaderMap,
        any_of: &[Self::Scope],
    ) -> impl Future<Output = Result<Option<Self::Caller>, Problem>> + Send;

    /// Notes that a caller was refused, where that is to be kept: it is called before the refusal is answered.
    fn note_refusal(&self, parts: &Parts, any_of: &[Self::Scope]) -> impl Future<Output = ()> + Send;

    /// The answer to somebody who does not say who it is.
    fn unauthenticated(&self) -> Problem;
}

/// Returns who is asking, as [`Guard::caller_with`] does. A refusal is noted before it is answered.
///
/// # Errors
/// As of [`Guard::caller_with`].
pub async fn admit<G: Guard>(guard: &G, parts: &Parts, any_of: &[G::Scope]) -> Result<Option<G::Caller>, Problem> {
    let admitted = guard.caller_with(&parts.headers, any_of).await;
    if admitted.is_err() {
        guard.note_refusal(parts, any_of).await;
    }
    admitted
}

/// The scopes that open a route: a caller needs one of them.
pub trait Scopes {
    /// The scope of the guard of the route.
    type Scope: Sync + 'static;

    /// The scopes of which a caller needs one.
    const ANY_OF: &'static [Self::Scope];
}

/// A caller who has one of the scopes `S`. A handler with this argument is called for nobody else: the guard `G` refuses
/// others. The argument stands before those that read the path and the query, so that strangers learn nothing about
/// these.
pub struct Authorized<S, G: Guard> {
    /// Who is asking.
    pub caller: G::Caller,
    scopes: PhantomData<S>,
}

impl<S: Scopes<Scope = G::Scope>, G: Guard> FromRequestParts<Arc<G>> for Authorized<S, G> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, guard: &Arc<G>) -> Result<Self, Problem> {
        let caller = admit(guard.as_ref(), parts, S::ANY_OF).await?.ok_or_else(|| guard.unauthenticated())?;
        Ok(Self { caller, scopes: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Request, StatusCode};
    use axum::response::IntoResponse;

    use super::*;

    /// Whoever has the header `name` is somebody, and who is called `root` may do what is guarded here.
    struct ByName;

    impl Guard for ByName {
        type Scope = &'static str;
        type Caller = String;

        async fn caller_with(&self, headers: &HeaderMap, any_of: &[&'static str]) -> Result<Option<String>, Problem> {
            let Some(name) = headers.get("name").and_then(|name| name.to_str().ok()) else { return Ok(None) };
            let refused = Problem::new(StatusCode::FORBIDDEN, "missing-scope", "It is not allowed", "Ask for it.");
            if any_of.contains(&name) { Ok(Some(name.to_owned())) } else { Err(refused) }
        }

        async fn note_refusal(&self, _: &Parts, _: &[&'static str]) {}

        fn unauthenticated(&self) -> Problem {
            Problem::new(StatusCode::UNAUTHORIZED, "missing-token", "A name is needed", "Say who you are.")
        }
    }

    struct OfRoot;

    impl Scopes for OfRoot {
        type Scope = &'static str;

        const ANY_OF: &'static [&'static str] = &["root"];
    }

    #[tokio::test]
    async fn a_handler_gets_a_caller_who_has_its_scope_and_no_other() {
        let guard = Arc::new(ByName);
        let asked = async |name: Option<&str>| {
            let mut request = Request::builder();
            if let Some(name) = name {
                request = request.header("name", name);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            Authorized::<OfRoot, ByName>::from_request_parts(&mut parts, &guard)
                .await
                .map(|authorized| authorized.caller)
        };
        assert_eq!(asked(Some("root")).await.unwrap(), "root");
        for (name, status) in [(Some("ada"), StatusCode::FORBIDDEN), (None, StatusCode::UNAUTHORIZED)] {
            assert_eq!(asked(name).await.unwrap_err().into_response().status(), status, "{name:?}");
        }
    }
}
