//! `/console/asks`: questions to people. A list, the page of one, and how one is taken back.

pub(crate) mod address;
pub(crate) mod badges;
mod cancel;
mod facts;
mod list;
mod one;
mod people;
pub(crate) mod said;
mod timeline;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/asks", get(list::show))
        .route("/console/asks/{id}", get(one::show))
        .route("/console/asks/{id}/cancel", get(cancel::ask).post(cancel::cancel))
}
