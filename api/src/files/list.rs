//! `GET /v1/files`: a page of the tenant's files, and how much it has.

use axum::Json;
use axum::extract::State;
use domain::ObjectName;
use operations::files;
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::files::answer::{FileAnswer, answer};
use crate::unavailable::ledger_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct FilesQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of the names of objects.
#[derive(Serialize, ToSchema)]
pub(crate) struct FilesAnswer {
    /// The files of the token's tenant.
    files: Vec<FileAnswer>,
    /// How many files the tenant has, with those that are being stored and removed.
    stored_files: u64,
    /// How many bytes these have.
    stored_bytes: u64,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List files
///
/// The files of the token's tenant. Needs the scope `read`.
#[utoipa::path(
    get, path = "/v1/files", operation_id = "list_files", tag = "Files", params(FilesQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = FilesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<FilesAnswer>, Problem> {
    let after = query.parsed("cursor", "must be `next` of the page before", ObjectName::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    query.finish(&["cursor", "limit"])?;
    let page = ledger_read(files::list(&app.store, &caller.tenant, after.as_ref(), limit).await)?;
    Ok(Json(FilesAnswer {
        files: page.files.iter().map(answer).collect(),
        stored_files: page.usage.files,
        stored_bytes: page.usage.bytes,
        next: page.next.map(|next| next.to_string()),
    }))
}
