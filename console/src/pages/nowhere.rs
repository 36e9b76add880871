//! The answer to a path below `/console` that no page has.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

pub(crate) async fn nowhere(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Nowhere);
    let words = &shell.lang().words().problems;
    shell.problem(StatusCode::NOT_FOUND, words.not_found, words.nowhere_detail, &[]).await
}
