//! Takes an entry off the list, for a reason that is kept.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Scope;
use operations::suppressions::{self, Lifted};

use super::LIFT;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    match asked.text("id") {
        Some(id) => once_more(&shell, &console, &viewer, id, None).await,
        None => shell.not_found().await,
    }
}

pub(super) async fn lift(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Suppressions);
    let Some(id) = fields.text("id") else { return shell.not_found().await };
    let why = match Confirm::read(&fields, 1, true) {
        Ok(why) => why,
        Err(refused) => return once_more(&shell, &console, &viewer, id, Some(refused)).await,
    };
    let why = match suppressions::why(why) {
        Ok(why) => why,
        Err(detail) => return badly_said(&shell, detail).await,
    };
    let (which, clock) = (Lifted::Entry(id.to_owned()), console.clock.as_ref());
    match suppressions::lift(&console.store, &viewer.actor, which, &why, &console.recipients, clock).await {
        Ok(lifted) if lifted.is_empty() => shell.not_found().await,
        Ok(_) => Redirect::to(Section::Suppressions.path()).into_response(),
        Err(why) => shell.undone(&why).await,
    }
}

/// Who may not do it is not shown whom it is about.
async fn once_more(
    shell: &Shell<'_>,
    console: &Console,
    viewer: &Viewer,
    id: &str,
    refused: Option<NotConfirmed>,
) -> Response {
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let entry = match suppressions::show(&console.store, &viewer.actor.tenant, id).await {
        Ok(Some(entry)) => entry,
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let words = Words::of(shell.lang());
    let confirm = Confirm {
        question: &(words.lift_question)(&entry.recipient_mask, entry.channel.as_str(), words.of_reason(entry.reason)),
        count: 1,
        action: LIFT,
        verb: words.lift,
        is_dangerous: false,
        otherwise: None,
        hidden: &[("id", id)],
        asks_reason: true,
        back: Section::Suppressions.path(),
    };
    shell.confirm(&confirm, refused).await
}

async fn badly_said(shell: &Shell<'_>, detail: String) -> Response {
    let words = shell.lang().words();
    let wrong = [(words.confirm.reason.to_owned(), detail)];
    shell.problem(StatusCode::UNPROCESSABLE_ENTITY, words.confirm.title, words.confirm.reason_missing, &wrong).await
}
