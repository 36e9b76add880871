//! `/console/suppressions`: who is not written to. People are put on the list and taken off it on pages of their own.

mod add;
mod lift;
mod list;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

const NEW: &str = "/console/suppressions/new";
const LIFT: &str = "/console/suppressions/lift";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/suppressions", get(list::show))
        .route(NEW, get(add::show).post(add::suppress))
        .route(LIFT, get(lift::ask).post(lift::lift))
}
