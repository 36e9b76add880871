//! `/console/pauses`: what waits until somebody resumes it, and what is to wait.

mod begin;
mod list;
mod resume;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

const NEW: &str = "/console/pauses/new";
const RESUME: &str = "/console/pauses/resume";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/pauses", get(list::show))
        .route(NEW, get(begin::show).post(begin::pause))
        .route(RESUME, get(resume::ask).post(resume::resume))
}
