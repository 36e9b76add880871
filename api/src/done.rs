//! What became of an operation that changes something.

use axum::http::StatusCode;
use domain::Scope;
use operations::NotDone;
use web::problem::Problem;

use crate::unavailable::ledger_changed;

/// What an operation has done.
///
/// # Errors
/// 403 where the caller may not, else as of [`ledger_changed`].
pub(crate) fn done<T>(answer: Result<T, NotDone>) -> Result<T, Problem> {
    match answer {
        Ok(done) => ledger_changed(Ok(done)),
        Err(NotDone::Ledger(error)) => ledger_changed(Err(error)),
        Err(NotDone::Denied(denied)) => Err(missing_scope(&[denied.needed])),
    }
}

/// The answer to a caller who has none of these scopes.
pub(crate) fn missing_scope(scopes: &[Scope]) -> Problem {
    let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = format!("This needs a token with the scope {}; ask an administrator for it.", names.join(" or "));
    not_allowed(detail)
}

/// The same, where there is more to say about it.
pub(crate) fn not_allowed(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "missing-scope", "The token does not allow this", detail)
        .with_challenge("Bearer error=\"insufficient_scope\"")
}
