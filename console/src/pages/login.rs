//! `/console/login`: begins and ends a session.

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use web::hosts::Source;
use web::problem::Problem;

use crate::console::Console;
use crate::document::document;
use crate::doors::LoginRefused;
use crate::fields::Fields;
use crate::layout::foot;
use crate::look::Look;
use crate::own_page;
use crate::session::{LOGIN, local};

/// The most bytes of a form with a name and a password.
const FORM_LIMIT: usize = 8 * 1024;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(LOGIN, get(show).post(log_in)).route("/console/logout", post(log_out))
}

async fn show(look: Look, RawQuery(query): RawQuery) -> Response {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    page(look, "", local(asked.text("next").unwrap_or_default()), None)
}

async fn log_in(State(console): State<Console>, source: Source, request: Request) -> Result<Response, Problem> {
    own_page::check(request.headers())?;
    let headers = request.headers().clone();
    let look = Look::of(&headers);
    let fields = Fields::read(request, FORM_LIMIT).await?;
    let (name, password) = (fields.text("name").unwrap_or_default(), fields.raw("password").unwrap_or_default());
    let next = local(fields.text("next").unwrap_or_default());
    match console.doors.log_in(name, password, source, &headers).await {
        Ok(cookie) => Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response()),
        Err(refused) => Ok(page(look, name, next, Some(refused))),
    }
}

async fn log_out(State(console): State<Console>, request: Request) -> Result<Response, Problem> {
    own_page::check(request.headers())?;
    let headers = request.headers().clone();
    let cookie = console.doors.log_out(&headers).await;
    console.remembered.note(console.doors.session_id(&headers).as_deref(), None, console.clock.now());
    let mut response = Redirect::to(LOGIN).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn page(look: Look, name: &str, next: &str, refused: Option<LoginRefused>) -> Response {
    let words = &look.lang.words().login;
    let body = html! {
        main.login #main {
            h1 { "Chasqui" }
            form method="post" action=(LOGIN) {
                @if let Some(refused) = refused { p.refused role="alert" { (told(look, refused)) } }
                input type="hidden" name="next" value=(next);
                label for="login-name" { (words.name) }
                input #login-name name="name" value=(name) required autocomplete="username" autocapitalize="none"
                    spellcheck="false" autofocus;
                label for="login-password" { (words.password) }
                input #login-password name="password" type="password" required autocomplete="current-password";
                p.actions { button.main type="submit" { (words.submit) } }
            }
        }
        (foot(look))
    };
    let mut response = (status(refused), document(look, words.title, &body)).into_response();
    if let Some(LoginRefused::TooMany(wait)) = refused {
        response.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
    }
    response
}

fn told(look: Look, refused: LoginRefused) -> String {
    let words = &look.lang.words().login;
    match refused {
        LoginRefused::Wrong => words.wrong.to_owned(),
        LoginRefused::TooMany(wait) => (words.too_many)(wait.as_secs().max(1)),
        LoginRefused::Insecure => words.insecure.to_owned(),
        LoginRefused::Unavailable => words.unavailable.to_owned(),
    }
}

fn status(refused: Option<LoginRefused>) -> StatusCode {
    match refused {
        None => StatusCode::OK,
        Some(LoginRefused::Wrong) => StatusCode::UNAUTHORIZED,
        Some(LoginRefused::TooMany(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(LoginRefused::Insecure) => StatusCode::FORBIDDEN,
        Some(LoginRefused::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
