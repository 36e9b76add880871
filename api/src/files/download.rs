//! `GET /v1/files/download/{object_name}`: the bytes of a file.

use axum::extract::State;
use axum::response::Response;
use operations::files;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::files::cabinet;
use crate::files::object::Object;
use crate::files::refused::{not_read, unknown};
use crate::files::served::served;

/// Download a file
///
/// As it was sent, under its rebuilt name and with a type of ours. Needs the scope `read` or `notify`.
#[utoipa::path(
    get, path = "/v1/files/download/{object_name}", operation_id = "download_file", tag = "Files",
    params(("object_name" = String, Path, description = "The name that POST /v1/files/upload has answered.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "There is none of this name, or its time is over."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn download(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::ReadOrNotify>,
    Object(object): Object,
) -> Result<Response, Problem> {
    let opened = files::open(cabinet(&app)?, &caller.tenant, &object, app.clock.now()).await;
    let (file, reading) = opened.map_err(not_read)?.ok_or_else(unknown)?;
    Ok(served(&file.name, file.object.kind(), file.bytes, reading))
}
