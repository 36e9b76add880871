//! `/console/schedules`: what is sent later, once or again and again.

mod act;
mod list;
mod pause;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

const RUN: &str = "/console/schedules/run";
const DELETE: &str = "/console/schedules/delete";
const PAUSE: &str = "/console/schedules/pause";
const RESUME: &str = "/console/schedules/resume";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/schedules", get(list::show))
        .route(RUN, get(act::ask_to_run).post(act::run))
        .route(DELETE, get(act::ask_to_delete).post(act::delete))
        .route(PAUSE, get(pause::ask_to_pause).post(pause::pause))
        .route(RESUME, get(pause::ask_to_resume).post(pause::resume))
}
