//! Has a service do something: first which of its actions, then with which arguments.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Actor, FieldError, RequestedBy, Scope, content_of};
use operations::Unconfirmed;
use operations::commands::{self, Accepted, Dispatching, NotAccepted, Written, as_fields};
use serde_json::{Map, Value};
use web::problem::Problem;
use web::query::Parameters;

use super::address;
use super::form::{form, read};
use super::offered::{Offered, offered, table_of};
use super::one::ACCEPTED;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Commands);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let wanted = match parameters.and_then(wanted) {
        Ok(wanted) => wanted,
        Err(problem) => return shell.refused(&problem).await,
    };
    let offered = match offered(&console, &viewer).await {
        Ok(offered) => offered,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let Some(wanted) = wanted else {
        return shell.page(Words::of(shell.lang()).new, &table_of(&offered, shell.lang())).await;
    };
    match find(&offered, &wanted) {
        Some(one) => {
            let asked = console.clock.now().as_micros().to_string();
            let content = form(one, &Fields::default(), &asked, &[], shell.lang());
            shell.page(&one.name(), &content).await
        }
        None => shell.not_found().await,
    }
}

fn wanted(query: Parameters) -> Result<Option<String>, Problem> {
    let mut query = query.filled();
    let wanted = query.text("action");
    query.finish(&["action"])?;
    Ok(wanted)
}

fn find<'a>(offered: &'a [Offered], name: &str) -> Option<&'a Offered> {
    offered.iter().find(|one| one.name() == name)
}

pub(super) async fn dispatch(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Commands);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.change_denied(denied, "have a service do something").await;
    }
    let offered = match offered(&console, &viewer).await {
        Ok(offered) => offered,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let asked = fields.text("asked").unwrap_or_default();
    let Some(one) = fields.text("action").and_then(|name| find(&offered, name)) else {
        return shell.not_found().await;
    };
    match read(&fields, &one.schema) {
        Ok(arguments) => published(&console, &viewer, one, arguments, asked).await,
        Err(errors) => {
            let content = form(one, &fields, asked, &errors, shell.lang());
            shell.answer(StatusCode::UNPROCESSABLE_ENTITY, &one.name(), &content).await
        }
    }
}

async fn published(
    console: &Console,
    viewer: &Viewer,
    one: &Offered,
    arguments: Map<String, Value>,
    asked: &str,
) -> Response {
    let shell = Shell::of(console, viewer, Section::Commands);
    let words = Words::of(shell.lang());
    let id = console.request_ids.id(
        &viewer.actor.tenant,
        RequestedBy::TokenHolder,
        &once(&viewer.actor, one, &arguments, asked),
        None,
    );
    let written = Written { service: one.service.clone(), action: one.action.clone(), arguments, correlation_id: None };
    let parts = Dispatching {
        services: &console.settings.services,
        store: &console.store,
        publisher: &console.publisher,
        secrets: &console.secrets,
    };
    match commands::dispatch(parts, &viewer.actor, written, id, console.clock.now()).await {
        Ok(Accepted { id, .. }) => {
            Redirect::to(&with_query(&address::of(&id), &[(ACCEPTED, "true")], None)).into_response()
        }
        Err(NotAccepted::Undone(why)) => shell.undone(&why).await,
        Err(NotAccepted::Unresolved(unresolved)) => {
            let wrong: Vec<_> =
                as_fields(&unresolved).into_iter().map(|FieldError { pointer, detail }| (pointer, detail)).collect();
            shell.problem(StatusCode::UNPROCESSABLE_ENTITY, words.not_dispatched, words.refused, &wrong).await
        }
        // The id of a form is made of all that it says.
        Err(NotAccepted::Another { id }) => {
            let wrong = [(id, "is the id of another command".to_owned())];
            shell.problem(StatusCode::CONFLICT, words.not_dispatched, words.refused, &wrong).await
        }
        Err(NotAccepted::Unconfirmed(unconfirmed)) => {
            let Unconfirmed { id, error } = &unconfirmed;
            tracing::warn!(%error, "a command of the console was not confirmed");
            let wrong = [(id.clone(), unconfirmed.what_happened().to_owned())];
            shell.problem(StatusCode::SERVICE_UNAVAILABLE, words.not_dispatched, words.unconfirmed, &wrong).await
        }
    }
}

/// The same form with the same arguments is one command, however often it is sent; with others it is another.
fn once(actor: &Actor, one: &Offered, arguments: &Map<String, Value>, asked: &str) -> String {
    let given = Value::Object(arguments.clone()).to_string();
    let given: String = content_of(given.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("console {} {asked} {} {given}", actor.name, one.name())
}
