//! `/console/inbox`: the inbox of a user, for whoever supports users: where it stands, and what is in it. Nothing is changed
//! here, and whoever looks is in the journal.

pub(crate) mod address;
mod list;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/inbox", get(list::show))
}
