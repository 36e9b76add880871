//! `/console/files`: what a tenant has stored, in whatever state, and how much of its quota that is; one file, and its end.

mod address;
mod badges;
mod delete;
mod list;
mod one;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/files", get(list::show))
        .route("/console/files/{object}", get(one::show))
        .route("/console/files/{object}/delete", get(delete::ask).post(delete::delete))
}
