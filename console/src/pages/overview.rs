//! `/console`: how the fleet is now. The page is whole when it comes; its live part comes again by a stream whenever it
//! has changed, and is morphed in.

mod charts;
mod live;
mod stream;
mod words;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::{Scope, Tenant};
use maud::html;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

const STREAM: &str = "/console/overview/stream";

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console", get(show)).route(STREAM, get(stream::stream))
}

async fn show(State(console): State<Console>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Overview);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let overview = console.overview.look(whose(&viewer)).await;
    console.known.hear(&overview);
    let lang = shell.lang();
    let content = html! {
        div #stream hx-sse:connect=(STREAM) hx-target="#live" hx-swap="outerMorph" {
            (live::live(&overview, &console.settings.carriers, lang, console.clock.now()))
        }
        noscript { p.soft { (lang.words().shell.live_off) } }
    };
    shell.live_page(Section::Overview.label(lang), &content)
}

/// Whose numbers somebody sees; None is everybody's.
fn whose(viewer: &Viewer) -> Option<Tenant> {
    (!viewer.actor.may(Scope::Tenants)).then(|| viewer.actor.tenant.clone())
}
