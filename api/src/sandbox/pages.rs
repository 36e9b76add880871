//! `GET /sandbox`: the page that shows what the sandbox captured.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// A mail is shown in a frame without scripts that inherits this: its own styles, no image from outside.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

/// Where the page is.
pub(crate) const PAGE: &str = "/sandbox";

/// The page and what it loads. It holds no message itself.
pub(crate) fn pages() -> Router<Arc<App>> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move {
            let headers = [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (REFERRER_POLICY, "no-referrer")];
            (headers, text).into_response()
        })
    };
    Router::new()
        .route(PAGE, file("text/html; charset=utf-8", include_str!("page.html")))
        .route("/sandbox/page.css", file("text/css; charset=utf-8", include_str!("page.css")))
        .route("/sandbox/page.js", file("text/javascript; charset=utf-8", include_str!("page.js")))
}
