//! `GET /v1/files/url/{object_name}`: a link by which a file is downloaded without a token.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use operations::files;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::files::cabinet;
use crate::files::object::Object;
use crate::files::refused::{not_read, unknown};

/// How long a link works of which nobody says how long.
const USUAL: u64 = 3_600;
/// The longest that the signature of S3 works: a week.
const MOST: u64 = 604_800;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct UrlQuery {
    /// How long it works, 60 to 604,800; default 3,600. Not longer than the file is served.
    #[param(minimum = 60, maximum = 604_800)]
    expires_in_seconds: Option<u32>,
}

/// A link that needs no token.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileUrlAnswer {
    /// Whoever has it downloads the file: give it to nobody else.
    #[schema(example = "https://notify.example.com/f/018f2b6c0d3e7a41b6c9d2e5f8a1b4c7.pdf/1772370000/9f…/invoice.pdf")]
    url: String,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Make a link to a file
///
/// Whoever has the link downloads the file, until its time is over. Needs the scope `read` or `notify`.
#[utoipa::path(
    get, path = "/v1/files/url/{object_name}", operation_id = "link_file", tag = "Files",
    params(("object_name" = String, Path, description = "The name that POST /v1/files/upload has answered."), UrlQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The link.", body = FileUrlAnswer),
        (status = 404, description = "There is none of this name, or its time is over."),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn url(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::ReadOrNotify>,
    Object(object): Object,
    headers: HeaderMap,
    mut query: Parameters,
) -> Result<Json<FileUrlAnswer>, Problem> {
    let lives = query.number("expires_in_seconds", 60..=MOST).unwrap_or(USUAL);
    query.finish(&["expires_in_seconds"])?;
    let (own, of) = (own_url(&app, &headers), (&caller.tenant, &object));
    let link =
        files::link(cabinet(&app)?, &app.file_links, &own, of, Duration::from_secs(lives), app.clock.now()).await;
    let link = link.map_err(not_read)?.ok_or_else(unknown)?;
    Ok(Json(FileUrlAnswer { url: link.url, expires_at: link.expires_at.to_string() }))
}

/// Where whoever asks has reached us, where the operator has not said where everybody does. The edge has looked at the host.
fn own_url(app: &App, headers: &HeaderMap) -> String {
    app.settings.public_url.clone().unwrap_or_else(|| {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        format!("http://{host}")
    })
}
