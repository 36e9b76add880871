//! `/console/dead-letters/plans`: which dead letters are to be moved or dropped, before any is.

mod asked;
mod form;
mod outlook;
mod plan;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/dead-letters/plans", get(form::show).post(form::make))
        .route("/console/dead-letters/plans/{id}", get(plan::show))
        .route("/console/dead-letters/plans/{id}/start", post(plan::start))
}
