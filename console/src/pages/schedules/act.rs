//! Runs a schedule at once, and deletes one: each asks once more, as whatever else is done with one.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldError, Key, RequestedBy, Scope, Timestamp};
use maud::html;
use operations::Rules;
use operations::schedules::{self, Ran};
use store::{JobKind, JobSummary, StoreError};

use super::words::Words;
use super::{DELETE, PAUSE, RESUME, RUN};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::address;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::section::Section;
use crate::session::{Posted, Viewer};

/// What is asked once more.
#[derive(Clone, Copy)]
pub(super) enum Act {
    Run,
    Delete,
    Pause,
    Resume,
}

pub(super) async fn ask_to_run(console: State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    ask(&console, &viewer, query, Act::Run).await
}

pub(super) async fn ask_to_delete(console: State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    ask(&console, &viewer, query, Act::Delete).await
}

pub(super) async fn run(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    let asked = fields.text("asked").and_then(|micros| micros.parse().ok()).map(Timestamp::from_micros);
    let (Some(id), Some(asked)) = (fields.text("id"), asked) else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return once_more(&console, &viewer, id, Act::Run, Some(refused)).await;
    }
    let rules = Rules {
        defaults: &console.defaults,
        tenant: &viewer.actor.tenant,
        by: RequestedBy::TokenHolder,
        request_ids: &console.request_ids,
        idempotency_key: None,
        checker: &console.checker,
        clock: console.clock.as_ref(),
    };
    match schedules::run_now(&console.store, &console.publisher, &viewer.actor, id, asked, &rules).await {
        Ok(ran) => answered(&shell, ran).await,
        Err(why) => shell.undone(&why).await,
    }
}

pub(super) async fn delete(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Schedules);
    let Some(id) = fields.text("id") else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return once_more(&console, &viewer, id, Act::Delete, Some(refused)).await;
    }
    let (store, clock) = (&console.store, console.clock.as_ref());
    match schedules::delete(store, &viewer.actor, id, &console.defaults, &console.recipients, clock).await {
        Ok(true) => Redirect::to(Section::Schedules.path()).into_response(),
        Ok(false) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

pub(super) async fn ask(console: &Console, viewer: &Viewer, query: Option<String>, act: Act) -> Response {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    match asked.text("id") {
        Some(id) => once_more(console, viewer, id, act, None).await,
        None => Shell::of(console, viewer, Section::Schedules).not_found().await,
    }
}

pub(super) async fn once_more(
    console: &Console,
    viewer: &Viewer,
    id: &str,
    act: Act,
    refused: Option<NotConfirmed>,
) -> Response {
    let shell = Shell::of(console, viewer, Section::Schedules);
    // The question names the schedule and its recipient: only whoever may act is asked.
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let job = match found(console, viewer, id).await {
        Ok(Some(job)) => job,
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let words = Words::of(shell.lang());
    let (ask, action, verb) = match (act, &job.kind) {
        (Act::Run, JobKind::OneShot) => (words.hurry_question, RUN, words.run),
        (Act::Run, JobKind::Cron { .. }) => (words.run_question, RUN, words.run),
        (Act::Delete, _) => (words.delete_question, DELETE, words.delete),
        (Act::Pause, _) => (words.pause_question, PAUSE, words.pause),
        (Act::Resume, _) => (words.resume_question, RESUME, words.resume),
    };
    let recipient = job.recipient_mask.as_deref().unwrap_or_default();
    // A form that is sent twice asks for the same instant, and is one delivery.
    let asked = console.clock.now().as_micros().to_string();
    let confirm = Confirm {
        question: &ask(label(&job), recipient),
        count: 1,
        action,
        verb,
        is_dangerous: matches!(act, Act::Delete),
        otherwise: None,
        hidden: &[("id", id), ("asked", asked.as_str())],
        asks_reason: matches!(act, Act::Pause),
        back: Section::Schedules.path(),
    };
    shell.confirm(&confirm, refused).await
}

async fn found(console: &Console, viewer: &Viewer, id: &str) -> Result<Option<JobSummary>, StoreError> {
    let key = Key { tenant: viewer.actor.tenant.clone(), id: id.to_owned() };
    schedules::show(&console.store, &key).await
}

/// What people call it.
fn label(job: &JobSummary) -> &str {
    match &job.kind {
        JobKind::Cron { name: Some(name), .. } => name,
        JobKind::Cron { .. } | JobKind::OneShot => &job.key.id,
    }
}

async fn answered(shell: &Shell<'_>, ran: Ran) -> Response {
    let words = Words::of(shell.lang());
    match ran {
        Ran::Accepted(accepted) => sent(shell, &accepted.id).await,
        Ran::Due => Redirect::to(Section::Schedules.path()).into_response(),
        Ran::Unknown => shell.not_found().await,
        Ran::Refused(errors) => {
            let details: Vec<_> = errors.into_iter().map(|FieldError { pointer, detail }| (pointer, detail)).collect();
            shell.problem(StatusCode::UNPROCESSABLE_ENTITY, words.not_run, words.refused, &details).await
        }
        Ran::Unconfirmed(unconfirmed) => {
            let details = [(unconfirmed.id.clone(), unconfirmed.what_happened().to_owned())];
            shell.problem(StatusCode::SERVICE_UNAVAILABLE, words.not_run, words.unconfirmed, &details).await
        }
    }
}

async fn sent(shell: &Shell<'_>, id: &str) -> Response {
    let words = Words::of(shell.lang());
    let content = html! {
        p { (words.is_run) " " code { a href=(address::of(id)) { (id) } } }
        p.actions {
            a href=(Section::Deliveries.path()) { (Section::Deliveries.label(shell.lang())) }
            a href=(Section::Schedules.path()) { (Section::Schedules.label(shell.lang())) }
        }
    };
    shell.page(words.ran, &content).await
}
