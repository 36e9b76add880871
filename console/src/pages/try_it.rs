//! `/console/try-it`: sends one notification by hand, as `POST /notify` does for whoever has a token of the same tenant.

mod bell;
mod form;
mod page;
mod words;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use domain::{Actor, FieldError, RequestedBy, Scope, content_of};
use maud::html;
use operations::{Checked, Refused, Rules, accept};
use web::problem::Problem;
use web::query::Parameters;

use self::form::Form;
use self::page::Answer;
use self::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::{ACCEPTED, address};
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/try-it", get(show).post(send)).merge(bell::routes())
}

/// The form, filled in as the address says: a link may bring whatever is to be tried.
async fn show(State(console): State<Console>, parameters: Result<Parameters, Problem>, viewer: Viewer) -> Response {
    let shell = Shell::of(&console, &viewer, Section::TryIt);
    if let Err(denied) = viewer.actor.must(Scope::Notify) {
        return shell.denied(denied).await;
    }
    match parameters.and_then(Form::of_query) {
        Err(problem) => shell.refused(&problem).await,
        Ok(form) => answer(&console, &viewer, &form.begun_at(console.clock.now()), &Answer::default()).await,
    }
}

async fn send(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::TryIt);
    if let Err(denied) = viewer.actor.must(Scope::Notify) {
        return shell.change_denied(denied, "notify").await;
    }
    let form = Form::of_fields(&fields);
    match read(&console, &viewer.actor, &form).await {
        Err(errors) => answer(&console, &viewer, &form, &Answer { errors, ..Answer::default() }).await,
        Ok(checked) if form.only_checks => {
            let found = Answer { is_checked: true, warnings: checked.warnings, ..Answer::default() };
            answer(&console, &viewer, &form, &found).await
        }
        Ok(checked) => publish(&console, &viewer, &form, checked).await,
    }
}

/// Publishes, and leads to what becomes of it.
async fn publish(console: &Console, viewer: &Viewer, form: &Form, checked: Checked) -> Response {
    match accept(&console.publisher, checked, &viewer.actor.name, None, console.clock.now()).await {
        Ok(accepted) => {
            let path = with_query(&address::of(&accepted.id), &[(ACCEPTED, "true")], None);
            Redirect::to(&path).into_response()
        }
        Err(unconfirmed) => {
            tracing::warn!(error = %unconfirmed.error, "a notification of the console was not confirmed");
            let found = Answer { unconfirmed: Some(unconfirmed.what_happened()), ..Answer::default() };
            answer(console, viewer, form, &found).await
        }
    }
}

/// Reads the form as `POST /notify` reads a body. A template may take long to render, and makes nobody wait.
async fn read(console: &Console, actor: &Actor, form: &Form) -> Result<Checked, Vec<FieldError>> {
    let body = form.body().map_err(|error| vec![error])?;
    let key = once(form, actor, &body);
    let (console, tenant) = (console.clone(), actor.tenant.clone());
    let reading = move || {
        let rules = Rules {
            defaults: &console.defaults,
            tenant: &tenant,
            by: RequestedBy::TokenHolder,
            request_ids: &console.request_ids,
            idempotency_key: key.as_deref(),
            checker: &console.checker,
            clock: console.clock.as_ref(),
        };
        Checked::read(&body, "", None, &rules).map_err(Refused::errors)
    };
    let read = tokio::task::spawn_blocking(reading).await;
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// The same form with the same words is one delivery, however often it is sent; with other words it is another.
fn once(form: &Form, actor: &Actor, body: &str) -> Option<String> {
    let begun = form.begun.as_deref()?;
    let words: String = content_of(body.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("console {} {begun} {words}", actor.name))
}

async fn answer(console: &Console, viewer: &Viewer, form: &Form, found: &Answer) -> Response {
    let shell = Shell::of(console, viewer, Section::TryIt);
    let status = match found {
        Answer { unconfirmed: Some(_), .. } => StatusCode::SERVICE_UNAVAILABLE,
        Answer { errors, .. } if !errors.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let content = html! { (page::of(shell.lang(), form, found, console)) (bell::of(shell.lang(), viewer, console)) };
    bell::asking_the_gateway(console, shell.answer(status, Words::of(shell.lang()).title, &content).await)
}
