//! `GET /v1/files/templates/{name}`: files that the operator has put there for everybody, such as a table to be filled in.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::Unauthorised;
use crate::files::cabinet;
use crate::files::refused::{away, unknown};
use crate::files::served::served;

/// Download a template
///
/// A file that the operator has put into the folder of templates. Needs the scope `read` or `notify`.
#[utoipa::path(
    get, path = "/v1/files/templates/{name}", operation_id = "download_template", tag = "Files",
    params(("name" = String, Path, description = "Its name, such as `clients.xlsx`.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "There is none of this name."),
        (status = 503, description = "The folder cannot be read."),
        Unauthorised,
    ),
)]
pub(crate) async fn template(
    State(app): Shared,
    _: Authorized<scopes::ReadOrNotify>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| unknown())?;
    let found = cabinet(&app)?.files.template(&name).await.map_err(|why| away(&why.to_string()))?;
    let template = found.ok_or_else(unknown)?;
    Ok(served(&template.name, template.kind, template.bytes, template.reading))
}
