//! `GET /sandbox`: the page that shows what the sandbox captured, or says that it is off.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use web::problem::Problem;

use crate::app::App;
use crate::page::{Page, is_of_a_browser, is_spanish, style};

/// A mail is shown in a frame without scripts that inherits this: its own styles, no image from outside.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

/// Where the page is.
pub(crate) const PAGE: &str = "/sandbox";

/// The style of the page that says that the sandbox is off, and where that is from the page.
const STYLE: &str = "/sandbox/page.css";
const BESIDE: &str = "sandbox/page.css";

/// What the page says while the sandbox is off: a heading, what that means, and how it is switched on.
type Off = (&'static str, &'static str, [&'static str; 2]);

const ENGLISH: Off = (
    "en",
    "The sandbox is off",
    [
        "What is sent goes out, and nothing is captured.",
        "SANDBOX=missing captures what goes by channels without credentials, and SANDBOX=all whatever is sent. Set it for the \
         API and the workers, and start them again.",
    ],
);
const SPANISH: Off = (
    "es",
    "El sandbox está apagado",
    [
        "Lo que se envía sale, y no se captura nada.",
        "SANDBOX=missing captura lo que va por canales sin credenciales, y SANDBOX=all todo lo que se envía. Ponlo para la API \
         y los workers, y vuelve a iniciarlos.",
    ],
);

/// What is there while the sandbox is off. Programs are told that there is no such route, and why.
pub(crate) fn while_off() -> Router<Arc<App>> {
    let router = Router::new().route(PAGE, get(off)).route(STYLE, get(style));
    ["/sandbox/captures", "/sandbox/faults", "/sandbox/faults/{channel}"]
        .into_iter()
        .fold(router, |router, route| router.route(route, any(|| ready(is_off()))))
}

fn is_off() -> Problem {
    let detail = "The sandbox is off: set SANDBOX=missing or SANDBOX=all for the API and the workers, and start them again. \
                  GET /docs shows the routes there are.";
    Problem::not_found("unknown-route", "There is no such route", detail)
}

async fn off(headers: HeaderMap) -> Response {
    if !is_of_a_browser(&headers) {
        return is_off().into_response();
    }
    let (language, title, told) = if is_spanish(&headers, ENGLISH.0) { SPANISH } else { ENGLISH };
    let (status, paragraphs) = (StatusCode::NOT_FOUND, told.map(str::to_owned));
    Page { status, language, title, style: BESIDE, lead: None, paragraphs: &paragraphs, button: None, choices: &[] }
        .into_response()
}

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
