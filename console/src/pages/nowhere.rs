//! The answer to a path below `/console` that no page has.

use axum::extract::State;
use axum::response::Response;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

pub(crate) async fn nowhere(State(console): State<Console>, viewer: Viewer) -> Response {
    Shell::of(&console, &viewer, Section::Nowhere).not_found().await
}
