//! The id in a path: one that no delivery and no schedule can have is refused before anything is looked up.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use operations::deliveries::{MAX_ID_BYTES, is_id};
use web::problem::Problem;

/// The `{id}` of a path, that some delivery or schedule may have.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(id)| id);
        id.filter(|id| is_id(id)).map(Self).ok_or_else(|| {
            let rule = format!(
                "must be UTF-8 of 1 to {MAX_ID_BYTES} bytes without control characters and without those that turn text"
            );
            Problem::invalid_parameter("id", rule)
        })
    }
}
