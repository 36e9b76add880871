//! `/v/{ticket}`: the link of a message with a code. A GET shows what it is for, and changes nothing; a POST, by the button
//! of the page, approves.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Checked, Verification, VerificationState};
use web::body::read_bytes;
use web::problem::Problem;

use crate::app::{App, Shared};
use crate::page::{Button, Page, STYLE as BESIDE, is_spanish, style};
use crate::unavailable::{ledger_changed, ledger_read};

/// Where the page is.
pub(crate) const PAGE: &str = "/v/{ticket}";
const STYLE: &str = "/v/page.css";
/// The longest body of a POST; the form has no field.
const MAX_BYTES: usize = 4096;

/// The words of the page in one language.
struct Words {
    language: &'static str,
    title: &'static str,
    /// The headings once it is confirmed, and of a link that confirms nothing.
    approved_title: &'static str,
    over_title: &'static str,
    unknown_title: &'static str,
    /// With the purpose and the mask of the address in the places of `{purpose}` and `{recipient}`.
    asked: &'static str,
    /// What to do where it is somebody else.
    not_you: &'static str,
    button: &'static str,
    approved: &'static str,
    already: &'static str,
    over: &'static str,
    unknown: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    title: "Is it you?",
    approved_title: "It is confirmed",
    over_title: "This link is good no longer",
    unknown_title: "This link confirms nothing",
    asked: "Somebody wants to show that {recipient} is theirs: {purpose}.",
    not_you: "If it is not you, do not press the button, and close this page: without it nothing is confirmed. Give the code of the message to nobody.",
    button: "Yes, it is me",
    approved: "Thank you, it was you. You can go back to where you came from, and close this page.",
    already: "It was confirmed already. You can close this page.",
    over: "Its time is over, or it was tried too often. Ask for another one where you came from.",
    unknown: "This link is not complete, or it is not one of ours. Nothing has changed.",
};

static SPANISH: Words = Words {
    language: "es",
    title: "¿Eres tú?",
    approved_title: "Está confirmado",
    over_title: "Este enlace ya no sirve",
    unknown_title: "Este enlace no confirma nada",
    asked: "Alguien quiere demostrar que {recipient} es suyo: {purpose}.",
    not_you: "Si no eres tú, no pulses el botón y cierra esta página: sin él no se confirma nada. No le des a nadie el código del mensaje.",
    button: "Sí, soy yo",
    approved: "Gracias, eras tú. Ya puedes volver a donde estabas y cerrar esta página.",
    already: "Esto ya estaba confirmado. Puedes cerrar esta página.",
    over: "Ha caducado o se ha intentado demasiadas veces. Pide otro en el sitio de donde vienes.",
    unknown: "Este enlace no está completo o no es nuestro. No ha cambiado nada.",
};

/// The page, and its style.
pub(crate) fn pages() -> Router<Arc<App>> {
    Router::new().route(PAGE, get(show).post(approve)).route(STYLE, get(style))
}

/// # Errors
/// 503 while the ledger is away.
async fn show(State(app): Shared, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let (verification, words) = found(&app, &uri, &headers).await?;
    let Some(verification) = verification else { return Ok(words.unknown()) };
    Ok(match verification.state_at(app.clock.now()) {
        VerificationState::Pending => words.asking(&verification),
        VerificationState::Approved => words.confirmed(words.already),
        _ => words.over(),
    })
}

/// Answers alike however often it is asked: whoever has pressed the button twice has done nothing else.
///
/// # Errors
/// 413 for a long body, 503 while the ledger is away.
async fn approve(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let uri = request.uri().clone();
    let (_, words) = found(&app, &uri, request.headers()).await?;
    read_bytes(request, MAX_BYTES).await?;
    let Some(checked) = ledger_changed(app.verifying().approve(ticket(&uri)).await)? else {
        return Ok(words.unknown());
    };
    Ok(match checked {
        Checked::Approved | Checked::AlreadyApproved => words.confirmed(words.approved),
        Checked::Used => words.confirmed(words.already),
        _ => words.over(),
    })
}

/// The link is taken as it was sent, for none needs an escape.
fn ticket(uri: &Uri) -> &str {
    uri.path().rsplit('/').next().unwrap_or_default()
}

/// What the link is of, if it is one of ours, with the words for whoever has followed it.
///
/// # Errors
/// 503 while the ledger is away.
async fn found(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<(Option<Verification>, &'static Words), Problem> {
    let found = ledger_read(app.verifying().of_link(ticket(uri)).await)?;
    let locale = found.as_ref().and_then(|verification| verification.locale.as_deref());
    let words = match is_spanish(headers, locale.unwrap_or_else(|| app.checker.templates().default_locale())) {
        true => &SPANISH,
        false => &ENGLISH,
    };
    Ok((found, words))
}

impl Words {
    fn asking(&'static self, verification: &Verification) -> Response {
        let asked = self.asked.replace("{recipient}", &verification.recipient_mask);
        let asked = asked.replace("{purpose}", &verification.purpose);
        self.page(StatusCode::OK, self.title, &[asked, self.not_you.to_owned()], Some(self.button))
    }

    fn confirmed(&'static self, text: &str) -> Response {
        self.told(StatusCode::OK, self.approved_title, text)
    }

    fn over(&'static self) -> Response {
        self.told(StatusCode::GONE, self.over_title, self.over)
    }

    fn unknown(&'static self) -> Response {
        self.told(StatusCode::NOT_FOUND, self.unknown_title, self.unknown)
    }

    fn told(&'static self, status: StatusCode, title: &str, text: &str) -> Response {
        self.page(status, title, &[text.to_owned()], None)
    }

    fn page(
        &'static self,
        status: StatusCode,
        title: &str,
        paragraphs: &[String],
        button: Option<&'static str>,
    ) -> Response {
        let Self { language, .. } = *self;
        let button = button.map(|word| Button { word, sends: None });
        Page { status, language, title, style: BESIDE, lead: None, paragraphs, button, choices: &[] }.into_response()
    }
}
