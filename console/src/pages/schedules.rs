//! `/console/schedules`: what is sent later, once or again and again.

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
    Router::new().route("/console/schedules", get(show))
}

async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    let content = html! { p.nothing { (shell.lang().words().shell.not_built) } };
    shell.page(Section::Schedules.label(shell.lang()), &content).await
}
