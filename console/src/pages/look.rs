//! `POST /console/look`: keeps the language and the colours that somebody has chosen. It is open to everybody, for the
//! page on which people log in has that choice too.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{REFERER, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use web::problem::Problem;

use crate::console::Console;
use crate::fields::Fields;
use crate::look::{Look, Theme};
use crate::own_page;
use crate::session::{LOGIN, local};
use crate::words::Lang;

pub(crate) async fn change(State(console): State<Console>, request: Request) -> Result<Response, Problem> {
    own_page::check(request.headers())?;
    let from = sent_from(request.headers());
    let mut look = Look::of(request.headers());
    let fields = Fields::read(request, console.settings.body_limit).await?;
    look.lang = fields.text("lang").and_then(Lang::parse).unwrap_or(look.lang);
    look.theme = fields.text("theme").and_then(Theme::parse).unwrap_or(look.theme);
    let next = fields.text("next").map(str::to_owned).or(from).unwrap_or_default();
    let next = if next.starts_with(LOGIN) { LOGIN } else { local(&next) };
    let mut response = Redirect::to(next).into_response();
    for cookie in look.cookies() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The path of the page that sent a request, which browsers tell pages of the same origin.
fn sent_from(headers: &HeaderMap) -> Option<String> {
    let page = url::Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    Some(page[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}
