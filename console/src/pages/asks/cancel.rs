//! Takes a question back: a page that asks once more, with the reason, and what came of it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Actor, Denied, Key, Scope};
use maud::{Markup, html};
use operations::asks::{self, Withdrawn};
use operations::deliveries::is_id;

use super::address;
use super::said::spoken;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::pieces::facts::cut;
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// The parameter by which the page of a question is told what came of it.
pub(super) const TOLD: &str = "cancel";
pub(super) const OUTCOMES: [&str; 2] = [TAKEN_BACK, TOO_LATE];
const TAKEN_BACK: &str = "done";
const TOO_LATE: &str = "too-late";
/// How much of the question stands in the other one, in characters.
const QUESTION_CHARS: usize = 200;

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, Path(id): Path<String>) -> Response {
    once_more(&console, &viewer, &id, None).await
}

pub(super) async fn cancel(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { viewer, fields }: Posted,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Asks);
    let why = match Confirm::read(&fields, 1, true) {
        Ok(why) => why,
        Err(refused) => return once_more(&console, &viewer, &id, Some(refused)).await,
    };
    let why = match asks::why(why) {
        Ok(why) => why,
        Err(detail) => return badly_said(&shell, detail).await,
    };
    match asks::cancel(&console.store, &viewer.actor, &id, Some(&why), console.clock.now()).await {
        Ok(Withdrawn::Cancelled(_)) => led_to(&id, TAKEN_BACK),
        Ok(Withdrawn::Ended(_)) => led_to(&id, TOO_LATE),
        Ok(Withdrawn::Unknown) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

/// Whether somebody may take a question back.
pub(super) fn may(actor: &Actor) -> Result<(), Denied> {
    // The first of them is told to whoever has neither.
    actor.must(Scope::Operate).or(actor.must(Scope::Notify))
}

/// What came of it, over the page of the question.
pub(super) fn notice(told: Option<&str>, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let said = told.and_then(|told| match told {
        TAKEN_BACK => Some(words.is_taken_back),
        TOO_LATE => Some(words.is_too_late),
        _ => None,
    });
    html! { @if let Some(said) = said { p.banner role="status" { (said) } } }
}

/// Who may not do it is not shown what it is about.
async fn once_more(console: &Console, viewer: &Viewer, id: &str, refused: Option<NotConfirmed>) -> Response {
    let shell = Shell::of(console, viewer, Section::Asks);
    if let Err(denied) = may(&viewer.actor) {
        return shell.denied(denied).await;
    }
    if !is_id(id) {
        return shell.not_found().await;
    }
    let key = Key { tenant: viewer.actor.tenant.clone(), id: id.to_owned() };
    let ask = match console.store.ask(&key).await {
        Ok(Some(ask)) => spoken(&ask, shell.lang()),
        Ok(None) => return shell.not_found().await,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let words = Words::of(shell.lang());
    let (back, action) = (address::of(id), address::cancel(id));
    let confirm = Confirm {
        question: &(words.cancel_question)(&cut(&ask.question, QUESTION_CHARS), ask.audience.len()),
        count: 1,
        action: &action,
        verb: words.cancel,
        is_dangerous: true,
        otherwise: None,
        hidden: &[],
        asks_reason: true,
        back: &back,
    };
    shell.confirm(&confirm, refused).await
}

async fn badly_said(shell: &Shell<'_>, detail: String) -> Response {
    let words = shell.lang().words();
    let wrong = [(words.confirm.reason.to_owned(), detail)];
    shell.problem(StatusCode::UNPROCESSABLE_ENTITY, words.confirm.title, words.confirm.reason_missing, &wrong).await
}

fn led_to(id: &str, told: &str) -> Response {
    Redirect::to(&with_query(&address::of(id), &[(TOLD, told)], None)).into_response()
}
