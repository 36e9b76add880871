//! `/console/schedules`: what is sent later, once or again and again.

mod act;
mod list;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

const RUN: &str = "/console/schedules/run";
const DELETE: &str = "/console/schedules/delete";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/schedules", get(list::show))
        .route(RUN, get(act::ask_to_run).post(act::run))
        .route(DELETE, get(act::ask_to_delete).post(act::delete))
}
