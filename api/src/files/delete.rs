//! `DELETE /v1/files/{object_name}`: nobody downloads it any more.

use axum::Json;
use axum::extract::State;
use operations::files;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::files::cabinet;
use crate::files::object::Object;
use crate::files::refused::unknown;

/// The file is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileDeletedAnswer {
    /// The name that it had.
    object_name: String,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Delete a file
///
/// What names it and is not sent yet fails for good (`attachment_unavailable`). Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/v1/files/{object_name}", operation_id = "delete_file", tag = "Files",
    params(("object_name" = String, Path, description = "The name that POST /v1/files/upload has answered.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = FileDeletedAnswer),
        (status = 404, description = "There is none of this name."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Object(object): Object,
) -> Result<Json<FileDeletedAnswer>, Problem> {
    match done(files::delete(cabinet(&app)?, &caller, &object, app.clock.now()).await)? {
        true => Ok(Json(FileDeletedAnswer { object_name: object.to_string(), status: "deleted" })),
        false => Err(unknown()),
    }
}
