//! `/console/dead-letters/jobs`: what becomes of dead letters that somebody moves or drops: the plans and jobs, how far
//! one is, and what it could not do.

pub(crate) mod counts;
mod failures;
mod job;
mod list;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/dead-letters/jobs", get(list::show))
        .route("/console/dead-letters/jobs/{id}", get(job::show))
        .route("/console/dead-letters/jobs/{id}/live", get(job::live))
        .route("/console/dead-letters/jobs/{id}/cancel", post(job::cancel))
        .route("/console/dead-letters/jobs/{id}/resume", post(job::resume))
        .route("/console/dead-letters/jobs/{id}/failures", get(failures::download))
}
