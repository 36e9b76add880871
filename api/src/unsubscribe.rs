//! `/unsubscribe/{link}`: the link of a mail of a list. A GET shows who would leave what, and changes nothing: programs that
//! look at mails open every link in them. A POST, by a mail program (RFC 8058) or by the button of the page, puts the
//! recipient on the suppression list.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Subscriber, SuppressedFor, mask};
use operations::suppressions::{self, Entry};
use web::body::read_bytes;
use web::problem::Problem;

use crate::app::{App, Shared};
use crate::unavailable::ledger_changed;

/// Where the page is.
pub(crate) const PAGE: &str = "/unsubscribe/{link}";

/// The page needs nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri \
                      'none'";
/// The longest body of a POST; what RFC 8058 asks for is one short pair, in either encoding of a form.
const MAX_BYTES: usize = 4096;
/// Who has put a recipient on the list who left by the link.
const BY: &str = "the recipient";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The words of the page in one language.
struct Words {
    language: &'static str,
    title: &'static str,
    /// With the list and the recipient in the places of `{list}` and `{recipient}`.
    leaving: &'static str,
    unchanged: &'static str,
    /// The button.
    leave: &'static str,
    /// In the places of `leaving`.
    left: &'static str,
    unknown: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    title: "Leave a list",
    leaving: "This link takes {recipient} off the list {list}.",
    unchanged: "Opening it has changed nothing.",
    leave: "Leave the list",
    left: "{recipient} has left the list {list}, and gets no more mails of lists and campaigns.",
    unknown: "This link is not complete, or it is not one of ours. Nothing has changed.",
};

static SPANISH: Words = Words {
    language: "es",
    title: "Dejar una lista",
    leaving: "Este enlace saca a {recipient} de la lista {list}.",
    unchanged: "Abrirlo no ha cambiado nada.",
    leave: "Dejar la lista",
    left: "{recipient} ha dejado la lista {list} y no recibirá más correos de listas ni campañas.",
    unknown: "Este enlace no está completo o no es nuestro. No ha cambiado nada.",
};

pub(crate) fn page() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(show).post(leave))
}

async fn show(State(app): Shared, uri: Uri, headers: HeaderMap) -> Response {
    let words = spoken_by(&headers);
    match subscriber(&app, &uri) {
        Some(subscriber) => page_of(StatusCode::OK, words, &leaving(words, &subscriber)),
        None => unknown(words),
    }
}

/// Answers 200 however often it is asked, as mail programs repeat it. The link is all that anybody needs: it is sealed.
///
/// # Errors
/// 400 for a body that asks for something else, 503 while the ledger is away.
async fn leave(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let (uri, words) = (request.uri().clone(), spoken_by(request.headers()));
    let Some(subscriber) = subscriber(&app, &uri) else { return Ok(unknown(words)) };
    let body = read_bytes(request, MAX_BYTES).await?;
    let asked = String::from_utf8_lossy(&body);
    if !(asked.contains("List-Unsubscribe") && asked.contains("One-Click")) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "not-one-click",
            "The request does not ask to leave the list",
            "Send the form List-Unsubscribe=One-Click (RFC 8058). Nothing has changed.",
        ));
    }
    let text = told(words.left, &subscriber);
    let reason = SuppressedFor::Unsubscribe;
    let entry = Entry {
        channel: subscriber.channel,
        destination: subscriber.destination,
        reason,
        scope: reason.usual_scope(),
        until: None,
        note: Some(format!("left the list {}", subscriber.list)),
    };
    let clock = app.clock.as_ref();
    let left = suppressions::leave(&app.store, subscriber.tenant, entry, BY.to_owned(), &app.recipients, clock);
    ledger_changed(left.await)?;
    Ok(page_of(StatusCode::OK, words, &format!("<p>{text}</p>")))
}

/// The link is taken as it was sent, for none needs an escape.
fn subscriber(app: &App, uri: &Uri) -> Option<Subscriber> {
    Subscriber::unsealed(uri.path().rsplit('/').next().unwrap_or_default(), &app.links)
}

fn unknown(words: &Words) -> Response {
    page_of(StatusCode::NOT_FOUND, words, &format!("<p>{}</p>", words.unknown))
}

/// The policy lets a browser say where the button was pressed, to nobody but us.
fn page_of(status: StatusCode, words: &Words, text: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (ROBOTS, "noindex"),
    ];
    (status, headers, html(words, text)).into_response()
}

/// Spanish for a browser that asks for it first, else English.
fn spoken_by(headers: &HeaderMap) -> &'static Words {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = asked.split([',', ';', '-']).next().unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("es") { &SPANISH } else { &ENGLISH }
}

fn leaving(words: &Words, subscriber: &Subscriber) -> String {
    let button = format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
         <button>{}</button></form>",
        words.leave
    );
    format!("<p>{}</p><p>{}</p>{button}", told(words.leaving, subscriber), words.unchanged)
}

fn told(sentence: &str, subscriber: &Subscriber) -> String {
    let strong = |text: &str| format!("<strong>{}</strong>", escaped(text));
    let who = sentence.replace("{recipient}", &strong(&mask(&subscriber.destination)));
    who.replace("{list}", &strong(&subscriber.list))
}

fn html(words: &Words, text: &str) -> String {
    let page = include_str!("unsubscribe/page.html");
    page.replace("{language}", words.language).replace("{title}", words.title).replace("{text}", text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
