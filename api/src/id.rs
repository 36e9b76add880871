//! The id in a path: one that no delivery and no schedule can have is refused before anything is looked up.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::MAX_ID_BYTES;
use operations::deliveries::is_id;
use web::escapes::{ESCAPES, is_escaped};
use web::problem::Problem;

/// The `{id}` of a path, that some delivery or schedule may have.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // An escape that is none would be taken as it stands, and another id be meant.
        if !is_escaped(parts.uri.path()) {
            return Err(invalid(ESCAPES));
        }
        let id = Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(id)| id);
        id.filter(|id| is_id(id)).map(Self).ok_or_else(|| {
            invalid(format!(
                "must be UTF-8 of 1 to {MAX_ID_BYTES} bytes without control characters and without those that turn text"
            ))
        })
    }
}

fn invalid(rule: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-id",
        "The id is not valid",
        "No delivery and no schedule can have the id in the path: correct it as errors says.",
    )
    .with_parameter("id", rule)
}
