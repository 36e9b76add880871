//! `GET /v1/files/health`: whether files are kept, and scanned.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::app::Shared;
use crate::files::cabinet;
use crate::files::refused::away;

/// How files are kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct FilesHealthAnswer {
    /// Always `ok`: where files are not kept, 503 is answered.
    #[schema(example = "ok")]
    status: &'static str,
    /// `ok`, `away`, or `off` where nothing is scanned.
    #[schema(example = "ok")]
    scanner: &'static str,
}

/// Files can be kept
#[utoipa::path(
    get, path = "/v1/files/health", operation_id = "files_health", tag = "Health",
    responses(
        (status = 200, description = "They can.", body = FilesHealthAnswer),
        (status = 503, description = "The storage is away."),
    ),
)]
pub(crate) async fn health(State(app): Shared) -> Result<Json<FilesHealthAnswer>, Problem> {
    let health = cabinet(&app)?.files.health().await;
    health.storage.map_err(|why| away(&why.to_string()))?;
    let scanner = match health.scanner {
        None => "off",
        Some(Ok(())) => "ok",
        Some(Err(_)) => "away",
    };
    Ok(Json(FilesHealthAnswer { status: "ok", scanner }))
}
