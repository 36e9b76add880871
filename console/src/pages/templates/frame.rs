//! The HTML of a mail, in a document of its own: a frame without a policy of its own would inherit the page's, and lose
//! the mail's styles.

use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use domain::Scope;

use super::missing;
use super::wanted::Wanted;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::section::Section;
use crate::session::Viewer;

/// Nothing runs and nothing is fetched, and the document is of no origin: a mail may hold anything.
const POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                      style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'self'";

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Templates);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let words = Words::of(shell.lang());
    let Some(wanted) = Wanted::read(query.as_deref(), &console.checker) else {
        return missing(&shell, words.no_such).await;
    };
    let preview = if wanted.problems.is_empty() { wanted.preview(&console.checker).await } else { None };
    let Some(html) = preview.and_then(|preview| preview.rendered?.html) else {
        return missing(&shell, words.no_html).await;
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, html).into_response()
}
