//! `GET /unsubscribe/{link}`: the page behind the link of a mail of a list. It shows who would leave what, and changes
//! nothing: programs that look at mails open every link in them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Subscriber, mask};

use crate::app::{App, Shared};

/// Where the page is.
pub(crate) const PAGE: &str = "/unsubscribe/{link}";

/// The page needs nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri \
                      'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The words of the page in one language.
struct Words {
    language: &'static str,
    title: &'static str,
    /// With the list and the recipient in the places of `{list}` and `{recipient}`.
    leaving: &'static str,
    unchanged: &'static str,
    unknown: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    title: "Leave a list",
    leaving: "This link takes {recipient} off the list {list}.",
    unchanged: "Opening it has changed nothing: your mail program's “unsubscribe” does.",
    unknown: "This link is not complete, or it is not one of ours. Nothing has changed.",
};

static SPANISH: Words = Words {
    language: "es",
    title: "Dejar una lista",
    leaving: "Este enlace saca a {recipient} de la lista {list}.",
    unchanged: "Abrirlo no ha cambiado nada: lo hace «cancelar la suscripción» en tu programa de correo.",
    unknown: "Este enlace no está completo o no es nuestro. No ha cambiado nada.",
};

pub(crate) fn page() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(show))
}

/// The link is taken as it was sent, for none needs an escape.
async fn show(State(app): Shared, uri: Uri, headers: HeaderMap) -> Response {
    let words = spoken_by(&headers);
    let link = uri.path().rsplit('/').next().unwrap_or_default();
    let (status, text) = match Subscriber::unsealed(link, &app.links) {
        Some(subscriber) => (StatusCode::OK, leaving(words, &subscriber)),
        None => (StatusCode::NOT_FOUND, format!("<p>{}</p>", words.unknown)),
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (ROBOTS, "noindex"),
    ];
    (status, headers, html(words, &text)).into_response()
}

/// Spanish for a browser that asks for it first, else English.
fn spoken_by(headers: &HeaderMap) -> &'static Words {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = asked.split([',', ';', '-']).next().unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("es") { &SPANISH } else { &ENGLISH }
}

fn leaving(words: &Words, subscriber: &Subscriber) -> String {
    let strong = |text: &str| format!("<strong>{}</strong>", escaped(text));
    let who = words.leaving.replace("{recipient}", &strong(&mask(&subscriber.destination)));
    format!("<p>{}</p><p>{}</p>", who.replace("{list}", &strong(&subscriber.list)), words.unchanged)
}

fn html(words: &Words, text: &str) -> String {
    let page = include_str!("unsubscribe/page.html");
    page.replace("{language}", words.language).replace("{title}", words.title).replace("{text}", text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
