//! Lets go on what is paused.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Scope;
use operations::pauses;

use super::RESUME;
use super::words::Words;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Pauses);
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    match asked.text("id") {
        Some(id) => once_more(&shell, &console, &viewer, id, None).await,
        None => shell.not_found().await,
    }
}

pub(super) async fn resume(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Pauses);
    let Some(id) = fields.text("id") else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return once_more(&shell, &console, &viewer, id, Some(refused)).await;
    }
    match pauses::resume(&console.store, &viewer.actor, id, console.clock.as_ref()).await {
        Ok(Some(_)) => Redirect::to(Section::Pauses.path()).into_response(),
        Ok(None) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

/// Who may not do it is not shown what it is about.
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
    let words = Words::of(shell.lang());
    let found = match pauses::list(&console.store, &viewer.reach(), console.clock.now()).await {
        Ok(found) => found,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let Some(pause) = found.iter().find(|pause| pause.id == id) else { return shell.not_found().await };
    let confirm = Confirm {
        question: &(words.resume_question)(pause.kind, &pause.name, &pause.why),
        count: 1,
        action: RESUME,
        verb: words.resume,
        is_dangerous: false,
        otherwise: None,
        hidden: &[("id", id)],
        asks_reason: false,
        back: Section::Pauses.path(),
    };
    shell.confirm(&confirm, refused).await
}
