//! `/console/templates`: the words that are sent, and what they say with any data.

mod frame;
mod list;
mod preview;
mod wanted;
mod words;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::console::Console;
use crate::layout::Shell;

const PREVIEW: &str = "/console/templates/preview";
const FRAME: &str = "/console/templates/html";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/templates", get(list::show))
        .route(PREVIEW, get(preview::show))
        .route(FRAME, get(frame::show))
}

/// The answer where there is none of what is asked for.
async fn missing(shell: &Shell<'_>, why: &str) -> Response {
    shell.problem(StatusCode::NOT_FOUND, shell.lang().words().problems.not_found, why, &[]).await
}
