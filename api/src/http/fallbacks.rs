//! What is answered where there is no route, and where a route does not know the method.

use axum::Router;
use axum::http::StatusCode;

use crate::http::problem::Problem;

/// The router with these answers.
pub(crate) fn with_fallbacks(router: Router) -> Router {
    router.fallback(unknown_route).method_not_allowed_fallback(wrong_method)
}

pub(crate) async fn unknown_route() -> Problem {
    Problem::not_found("unknown-route", "There is no such route", "GET /docs shows the routes there are.")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "The route does not know this method",
        "The Allow header names the methods that it knows; GET /docs shows what they do.",
    )
}
