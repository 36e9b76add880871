//! `/console/gateways`: the gateways that live, as each has noted itself, their largest rooms, and who is connected. It is
//! shown and decides nothing.

pub(crate) mod address;
mod list;
mod tables;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/gateways", get(list::show))
}
