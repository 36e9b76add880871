//! `/console/sandbox`: what would have been sent, as whoever gets it would have seen it. Nothing was sent, so that
//! recipients are shown, as `GET /sandbox/captures` shows them.

mod capture;
mod list;
mod mail;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/sandbox", get(list::show))
        .route("/console/sandbox/{id}", get(capture::show))
        .route("/console/sandbox/{id}/mail", get(mail::show))
}
