//! `/console/sandbox`: what would have been sent, as whoever gets it would have seen it. Nothing was sent, so that
//! recipients are shown, as `GET /sandbox/captures` shows them.

mod capture;
mod faults;
mod list;
mod mail;
mod recipient;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::console::Console;
use crate::section::FAULTS;

const CLEAR: &str = "/console/sandbox/faults/clear";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/sandbox", get(list::show))
        .route(FAULTS, get(faults::show).post(faults::set))
        .route(CLEAR, post(faults::clear))
        .route("/console/sandbox/{id}", get(capture::show))
        .route("/console/sandbox/{id}/mail", get(mail::show))
}
