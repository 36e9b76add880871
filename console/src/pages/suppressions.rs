//! `/console/suppressions`: who is not written to any more.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/suppressions", get(show))
}

async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    let content = html! { p.nothing { (shell.lang().words().shell.not_built) } };
    shell.page(Section::Suppressions.label(shell.lang()), &content).await
}
