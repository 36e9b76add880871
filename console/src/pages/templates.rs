//! `/console/templates`: the words that are sent.

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
    Router::new().route("/console/templates", get(show))
}

async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Templates);
    let content = html! { p.nothing { (shell.lang().words().shell.not_built) } };
    shell.page(Section::Templates.label(shell.lang()), &content).await
}
