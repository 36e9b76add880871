//! `GET /dead-letters/jobs/{id}/failures`: with which letters a job has not done what was asked for, as a file.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use operations::dead_letters::{self, FailureFormat};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::unknown;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Download the failures of a job over dead letters
///
/// A line for each letter with which the job has not done what was asked for: `failed`, `missing`, `unclear` or `left_out`,
/// and why. Read page by page, however many they are. Needs the scope `read`.
#[utoipa::path(
    get, path = "/dead-letters/jobs/{id}/failures", operation_id = "download_dead_letter_failures",
    tag = "Dead letters",
    params(
        ("id" = String, Path, description = "The id of the plan or job."),
        ("format" = Option<String>, Query, description = "`ndjson` (the default): a JSON object a line; or `csv`."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The file; empty where there is nothing to tell.", body = String,
         content_type = "application/x-ndjson"),
        (status = 404, description = "There is none of this id."),
        (status = 422, description = "The format is not known."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn failures(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let format = query.one_of("format", &FailureFormat::ALL, FailureFormat::as_str);
    query.finish(&["format"])?;
    let format = format.unwrap_or(FailureFormat::NdJson);
    let file = dead_letters::failures_file(&app.store, &caller.tenant, &id, format).await;
    let file = ledger_read(file)?.ok_or_else(unknown)?;
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"failures.{}\"", format.as_str())),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}
