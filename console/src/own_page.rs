//! Refuses what a page of another origin posts. The edge looks at every request; the console asks for more, because a
//! cookie goes with whatever a browser sends.

use axum::http::{HeaderMap, StatusCode};
use web::problem::Problem;
use web::same_origin::is_from_own_page;

/// # Errors
/// 403 unless a browser says that a page of ours has sent this.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    if is_from_own_page(headers) { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-origin",
        "No page of the console sent this",
        "Only pages of the console itself may change anything by the session of a browser. Programs use the API, with a \
         token. Behind a proxy, have it pass the header Host on as it came.",
    )
}
