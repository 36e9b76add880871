//! `GET /console/dead-letters/jobs/{id}/failures`: with which letters a job has not done what was asked for, as a file.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::Scope;
use operations::dead_letters::{self, FailureFormat};
use web::problem::Problem;
use web::query::Parameters;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

pub(super) async fn download(
    State(console): State<Console>,
    Path(id): Path<String>,
    query: Result<Parameters, Problem>,
    viewer: Viewer,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let format = match query.and_then(format) {
        Ok(format) => format,
        Err(refused) => return shell.refused(&refused).await,
    };
    match dead_letters::failures_file(&console.store, &viewer.actor.tenant, &id, format).await {
        Ok(Some(file)) => {
            let name = format!("attachment; filename=\"failures.{}\"", format.as_str());
            let headers = [(CONTENT_TYPE, format.content_type().to_owned()), (CONTENT_DISPOSITION, name)];
            (headers, Body::from_stream(file)).into_response()
        }
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

fn format(mut query: Parameters) -> Result<FailureFormat, Problem> {
    let format = query.one_of("format", &FailureFormat::ALL, FailureFormat::as_str);
    query.finish(&["format"])?;
    Ok(format.unwrap_or(FailureFormat::NdJson))
}
