//! The name of a user in a path: one that no user can have is unknown.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use operations::accounts::is_user_name;
use web::escapes::is_escaped;
use web::problem::Problem;

use crate::accounts::refused::unknown_user;

/// The `{name}` of a path.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !is_escaped(parts.uri.path()) {
            return Err(unknown_user());
        }
        let name = Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(name)| name);
        name.filter(|name| is_user_name(name)).map(Self).ok_or_else(unknown_user)
    }
}
