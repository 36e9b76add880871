//! `/unsubscribe/{link}`: the link of a mail of a list. A GET shows who would leave what, and changes nothing: programs that
//! look at mails open every link in them. A POST, by a mail program (RFC 8058) or by the button of the page, puts the
//! recipient on the suppression list.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Subscriber, SuppressedFor, mask};
use operations::suppressions::{self, Entry};
use web::body::read_bytes;
use web::problem::Problem;

use crate::app::{App, Shared};
use crate::page::{Button, Page, STYLE as BESIDE, is_spanish, style};
use crate::unavailable::ledger_changed;

/// Where the page is.
pub(crate) const PAGE: &str = "/unsubscribe/{link}";
const STYLE: &str = "/unsubscribe/page.css";

/// The longest body of a POST; what RFC 8058 asks for is one short pair, in either encoding of a form.
const MAX_BYTES: usize = 4096;
/// That pair, which the button of the page sends as well.
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");
/// Who has put a recipient on the list who left by the link.
const BY: &str = "the recipient";
/// The language of a browser that names none of ours: a link does not say in which one its mail was.
const USUAL: &str = "en";

/// The words of the page in one language.
struct Words {
    language: &'static str,
    title: &'static str,
    /// The headings once somebody has left, and of a link that takes nobody off a list.
    left_title: &'static str,
    unknown_title: &'static str,
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
    left_title: "You have left the list",
    unknown_title: "This link takes nobody off a list",
    leaving: "This link takes {recipient} off the list {list}.",
    unchanged: "Opening it has changed nothing.",
    leave: "Leave the list",
    left: "{recipient} has left the list {list}, and gets no more mails of lists and campaigns.",
    unknown: "This link is not complete, or it is not one of ours. Nothing has changed.",
};

static SPANISH: Words = Words {
    language: "es",
    title: "Dejar una lista",
    left_title: "Has dejado la lista",
    unknown_title: "Este enlace no es de ninguna lista",
    leaving: "Este enlace saca a {recipient} de la lista {list}.",
    unchanged: "Abrirlo no ha cambiado nada.",
    leave: "Dejar la lista",
    left: "{recipient} ha dejado la lista {list} y no recibirá más correos de listas ni campañas.",
    unknown: "Este enlace no está completo o no es nuestro. No ha cambiado nada.",
};

/// The page, and its style.
pub(crate) fn page() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(show).post(leave)).route(STYLE, get(style))
}

async fn show(State(app): Shared, uri: Uri, headers: HeaderMap) -> Response {
    let words = spoken_by(&headers);
    match subscriber(&app, &uri) {
        Some(subscriber) => words.leaving(&subscriber),
        None => words.unknown(),
    }
}

/// Answers 200 however often it is asked, as mail programs repeat it. The link is all that anybody needs: it is sealed.
///
/// # Errors
/// 400 for a body that asks for something else, 503 while the ledger is away.
async fn leave(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let (uri, words) = (request.uri().clone(), spoken_by(request.headers()));
    let Some(subscriber) = subscriber(&app, &uri) else { return Ok(words.unknown()) };
    let body = read_bytes(request, MAX_BYTES).await?;
    let asked = String::from_utf8_lossy(&body);
    if !(asked.contains(ONE_CLICK.0) && asked.contains(ONE_CLICK.1)) {
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
    Ok(words.page(StatusCode::OK, words.left_title, None, &[text], None))
}

/// The link is taken as it was sent, for none needs an escape.
fn subscriber(app: &App, uri: &Uri) -> Option<Subscriber> {
    Subscriber::unsealed(uri.path().rsplit('/').next().unwrap_or_default(), &app.links)
}

fn spoken_by(headers: &HeaderMap) -> &'static Words {
    if is_spanish(headers, USUAL) { &SPANISH } else { &ENGLISH }
}

/// A sentence of the list and the recipient. What a recipient is called is filled in last, so that nothing is looked for in
/// it.
fn told(sentence: &str, subscriber: &Subscriber) -> String {
    sentence.replace("{list}", &subscriber.list).replace("{recipient}", &mask(&subscriber.destination))
}

impl Words {
    fn leaving(&'static self, subscriber: &Subscriber) -> Response {
        let lead = told(self.leaving, subscriber);
        let button = Button { word: self.leave, sends: Some(ONE_CLICK) };
        self.page(StatusCode::OK, self.title, Some(&lead), &[self.unchanged.to_owned()], Some(button))
    }

    fn unknown(&'static self) -> Response {
        self.page(StatusCode::NOT_FOUND, self.unknown_title, None, &[self.unknown.to_owned()], None)
    }

    fn page(
        &'static self,
        status: StatusCode,
        title: &str,
        lead: Option<&str>,
        paragraphs: &[String],
        button: Option<Button>,
    ) -> Response {
        let Self { language, .. } = *self;
        Page { status, language, title, style: BESIDE, lead, paragraphs, button, choices: &[] }.into_response()
    }
}
