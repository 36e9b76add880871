//! The name of a file in a path: nothing is looked up for what no file is called.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::ObjectName;
use web::problem::Problem;

use crate::files::refused::unknown;

/// The `{object_name}` of a path.
pub(crate) struct Object(pub(crate) ObjectName);

impl<S: Send + Sync> FromRequestParts<S> for Object {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let name = Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(name)| name);
        name.and_then(|name| ObjectName::parse(&name)).map(Self).ok_or_else(unknown)
    }
}
