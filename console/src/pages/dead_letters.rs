//! `/console/dead-letters`: what failed for good, in groups of what failed alike, letter by letter, and one letter with
//! what can be done about it.

mod edit;
mod group;
mod groups;
mod letter;
mod letters;
pub(crate) mod names;
pub(crate) mod paths;
mod reading;
mod tabs;
mod wanted;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::console::Console;

pub(crate) use groups::headline;
pub(crate) use tabs::{Tab, tabs};

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/dead-letters", get(groups::show))
        .route("/console/dead-letters/read", post(reading::ask))
        .route("/console/dead-letters/groups/{group}", get(group::show))
        .route("/console/dead-letters/groups/{group}/acknowledge", post(group::acknowledge))
        .route("/console/dead-letters/letters", get(letters::show))
        .route("/console/dead-letters/letters/{letter}", get(letter::show))
        .route("/console/dead-letters/letters/{letter}/open", post(letter::open))
        .route("/console/dead-letters/letters/{letter}/edit", get(edit::show).post(edit::send))
}
