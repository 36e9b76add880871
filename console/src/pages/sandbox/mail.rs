//! The HTML of a mail, as it was captured, for the frame in which it is shown. It has an address of its own, because a
//! frame without one inherits the policy of the page around it, and would lose the mail's styles.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use domain::Scope;
use operations::captures;

use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

/// Styles and pictures of the mail itself, and nothing else: no script, no form, nothing from outside. A link opens a page
/// that knows nothing of this one.
const POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                      style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'self'";

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, Path(id): Path<String>) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Sandbox);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let Some(id) = id.parse::<i64>().ok().filter(|_| console.settings.sandbox) else { return shell.not_found().await };
    match captures::show(&console.store, &viewer.actor.tenant, id).await {
        Err(error) => shell.ledger_failed(&error).await,
        Ok(found) => match found.and_then(|view| view.capture.html) {
            Some(html) => framed(html),
            None => shell.not_found().await,
        },
    }
}

fn framed(html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, html).into_response()
}
