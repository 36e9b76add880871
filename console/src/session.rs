//! Who is looking: the extractors by which a page gets its viewer, and a form its sender. Whoever has no session is led to
//! the page on which people log in.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Actor, Scope, Timestamp};
use operations::pauses::Reach;
use url::form_urlencoded;
use web::problem::Problem;

use crate::console::Console;
use crate::doors::SessionUnknown;
use crate::fields::Fields;
use crate::look::Look;
use crate::{document, own_page};

pub(crate) const LOGIN: &str = "/console/login";
/// Where whoever has logged in goes when no page sent them.
pub(crate) const START: &str = "/console";
/// By this htmx says that a script asks, and by the other it is led elsewhere.
const OF_HTMX: &str = "hx-request";
const LEADS_HTMX: HeaderName = HeaderName::from_static("hx-redirect");

/// Somebody with a session, and how they want to see pages. A handler with this argument is called for nobody else.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) actor: Actor,
    pub(crate) look: Look,
}

/// What somebody with a session sends from a page of ours. Every handler that changes anything has this argument.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) viewer: Viewer,
    pub(crate) fields: Fields,
}

/// The answer to whoever is not let through.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Response>);

impl Viewer {
    /// Whose pauses they see.
    pub(crate) fn reach(&self) -> Reach {
        if self.actor.may(Scope::Tenants) { Reach::Everybody } else { Reach::Only(self.actor.tenant.clone()) }
    }
}

impl FromRequestParts<Console> for Viewer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let (look, now) = (Look::of(&parts.headers), console.clock.now());
        let session = console.doors.session_id(&parts.headers);
        let actor = match console.doors.actor_of(&parts.headers).await {
            Ok(actor) => {
                console.remembered.note(session.as_deref(), actor.as_ref(), now);
                // For the time when it does not answer.
                console.accounts.revoked.renew(&console.store, console.clock.as_ref()).await;
                actor.ok_or_else(|| to_login(parts))?
            }
            Err(SessionUnknown) => {
                let is_reading = parts.method == Method::GET;
                let known = if is_reading { remembered(console, session.as_deref(), now).await } else { None };
                known.ok_or_else(|| unknown(look))?
            }
        };
        Ok(Self { actor, look })
    }
}

impl FromRequest<Console> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        own_page::check(request.headers())?;
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, console).await?;
        let fields = Fields::read(Request::from_parts(parts, body), console.settings.body_limit).await?;
        Ok(Self { viewer, fields })
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        problem.into_response().into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Who was known by this session, unless the ledger has said since that the sessions of the user have ended.
async fn remembered(console: &Console, session: Option<&str>, now: Timestamp) -> Option<Actor> {
    let (actor, at) = console.remembered.find(session, now)?;
    (!console.is_revoked(&actor.name, at).await).then_some(actor)
}

/// The path of a page of ours that somebody wanted to see; that of the first page for anything else.
pub(crate) fn local(path: &str) -> &str {
    let is_ours = path.strip_prefix(START).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_ours && is_plain && !path.starts_with(LOGIN) { path } else { START }
}

/// Where somebody logs in who wanted to see this page.
pub(crate) fn login_for(page: &str) -> String {
    match local(page) {
        START => LOGIN.to_owned(),
        page => {
            let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", page).finish();
            format!("{LOGIN}?{next}")
        }
    }
}

/// A page is led to the login. A stream and what a script asks for get 401: a stream that was led to a page would read
/// it as a stream, and ask for it again and again.
fn to_login(parts: &Parts) -> Refusal {
    let is_read = parts.method == Method::GET && !is_of_a_script(&parts.headers);
    let page = parts.uri.path_and_query().map(|path| path.as_str()).filter(|_| is_read);
    let login = login_for(page.unwrap_or(START));
    if is_of_a_script(&parts.headers) {
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        if let Ok(login) = HeaderValue::try_from(login) {
            response.headers_mut().insert(LEADS_HTMX, login);
        }
        return response.into();
    }
    Redirect::to(&login).into_response().into()
}

/// The same answer for whoever asks with these headers. Led to another page, a script would take it for the part of this
/// one that it has asked for: it is told to go there instead.
pub(crate) fn led(answer: Response, headers: &HeaderMap) -> Response {
    let is_led = answer.status().is_redirection() && headers.contains_key(OF_HTMX);
    match answer.headers().get(LOCATION).filter(|_| is_led) {
        Some(page) => (StatusCode::NO_CONTENT, [(LEADS_HTMX, page.clone())]).into_response(),
        None => answer,
    }
}

fn is_of_a_script(headers: &HeaderMap) -> bool {
    let wants_a_stream = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    headers.contains_key(OF_HTMX) || wants_a_stream.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Nobody can say whose session it is, and nobody could a while ago.
fn unknown(look: Look) -> Refusal {
    let words = &look.lang.words().problems;
    let body = maud::html! {
        main #main { h1 { (words.ledger_away) } div.problem role="alert" { p { (words.ledger_away_detail) } } }
    };
    let page = document::document(look, words.ledger_away, &body);
    (StatusCode::SERVICE_UNAVAILABLE, page).into_response().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for path in ["/console", "/console/deliveries?state=dead&after=x", "/console?range=1h"] {
            assert_eq!(local(path), path);
        }
        let others =
            ["", "/", "//evil.example", "https://evil.example", "/consolers", "/console/\\evil", "/console/\r\nX"];
        for path in others.into_iter().chain(["/console/login?next=/console", "/console/ñ"]) {
            assert_eq!(local(path), START, "{path}");
        }
        assert_eq!(login_for("/console/audit?x=1"), "/console/login?next=%2Fconsole%2Faudit%3Fx%3D1");
        assert_eq!(login_for("//evil.example"), LOGIN);
    }
}
