//! `/console/keys`: the keys of services. A key is shown once, on the page that answers its making.

mod list;
mod made;
mod revoke;
mod rotate;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;
use crate::section::Section;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(Section::Keys.path(), get(list::show).post(list::add))
        .route(rotate::PATH, get(rotate::ask).post(rotate::done))
        .route(revoke::PATH, get(revoke::ask).post(revoke::done))
}
