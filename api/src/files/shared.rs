//! `/f/{object}/{until}/{signature}/{name}`: a file for whoever has the link, which is all that it needs.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use operations::files;
use web::problem::Problem;

use crate::app::{App, Shared};
use crate::files::cabinet;
use crate::files::refused::{not_read, unknown};
use crate::files::served::served;

/// Where the links lead.
pub(crate) const PAGE: &str = "/f/{object}/{until}/{signature}/{name}";

pub(crate) fn page() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(download))
}

/// The link is taken as it was sent, for none needs an escape.
async fn download(State(app): Shared, uri: Uri) -> Result<Response, Problem> {
    let now = app.clock.now();
    let object = app.file_links.object(uri.path(), now).ok_or_else(unknown)?;
    let opened = files::open_linked(cabinet(&app)?, &object, now).await;
    let (file, reading) = opened.map_err(not_read)?.ok_or_else(unknown)?;
    Ok(served(&file.name, file.object.kind(), file.bytes, reading))
}
