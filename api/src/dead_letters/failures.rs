//! `GET /dead-letters/jobs/{id}/failures`: with which letters a job has not done what was asked for, as a file.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::Tenant;
use futures_util::stream::{self, Stream};
use operations::dead_letters::{self, FailureFormat};
use store::{FailedLetter, StoreError};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::dead_letters::answer::unknown;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// Where a download stands: the page that is written next, if there is one.
struct Download {
    app: Arc<App>,
    tenant: Tenant,
    job: String,
    format: FailureFormat,
    page: Option<Vec<FailedLetter>>,
    is_first: bool,
}

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
    let page = ledger_read(dead_letters::failures(&app.store, &caller.tenant, &id, "").await)?.ok_or_else(unknown)?;
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"failures.{}\"", format.as_str())),
    ];
    let download = Download { app, tenant: caller.tenant, job: id, format, page: Some(page), is_first: true };
    Ok((headers, Body::from_stream(pages(download))).into_response())
}

/// The pages, each read when the one before it was written. A ledger that goes away breaks the download off.
fn pages(download: Download) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(download, |mut download: Download| async move {
        let Some(page) = download.page.take() else { return Ok(None) };
        let mut text = String::new();
        if download.is_first {
            text.push_str(download.format.head());
            download.is_first = false;
        }
        page.iter().for_each(|one| text.push_str(&download.format.line(one)));
        if let Some(last) = page.last() {
            let (store, tenant) = (&download.app.store, &download.tenant);
            let next = dead_letters::failures(store, tenant, &download.job, &last.letter).await?;
            download.page = next.filter(|next| !next.is_empty());
        }
        Ok::<_, StoreError>(Some((Bytes::from(text), download)))
    })
}
