//! `/console/commands`: what services are told to do. A list, the page of one, and the form by which somebody has one done.

pub(crate) mod address;
mod badges;
mod dispatch;
mod form;
mod list;
mod offered;
mod one;
mod timeline;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

/// Where somebody has a command done.
const NEW: &str = "/console/commands/new";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/commands", get(list::show))
        .route(NEW, get(dispatch::show).post(dispatch::dispatch))
        .route("/console/commands/{id}", get(one::show))
}
