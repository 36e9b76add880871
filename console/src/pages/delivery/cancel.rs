//! Cancels a delivery: a page that asks once more, and what came of it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Actor, Denied, Scope};
use maud::{Markup, html};
use operations::deliveries::is_id;
use operations::{Cancellation, NotDone};

use super::address;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// The parameter by which the page of a delivery is told what came of it.
pub(super) const TOLD: &str = "cancel";
pub(super) const OUTCOMES: [&str; 4] = [STOPPED, MAYBE_SENT, AWAITED, TOO_LATE];
const STOPPED: &str = "stopped";
const MAYBE_SENT: &str = "maybe-sent";
const AWAITED: &str = "awaited";
const TOO_LATE: &str = "too-late";

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, Path(id): Path<String>) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Deliveries);
    if let Err(denied) = may(&viewer.actor) {
        return shell.denied(denied).await;
    }
    if is_id(&id) { asked(&shell, &id, None).await } else { shell.not_found().await }
}

pub(super) async fn cancel(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { viewer, fields }: Posted,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Deliveries);
    if !is_id(&id) {
        return shell.not_found().await;
    }
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return asked(&shell, &id, Some(refused)).await;
    }
    let now = console.clock.now();
    let done = operations::cancel(&console.store, &viewer.actor, id, &console.defaults, &console.recipients, now).await;
    match done {
        Ok(cancellation) => led_to(cancellation),
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

/// What came of it, over the page of the delivery.
pub(super) fn notice(told: Option<&str>, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let said = told.and_then(|told| match told {
        STOPPED => Some(words.stopped),
        MAYBE_SENT => Some(words.maybe_sent),
        AWAITED => Some(words.awaited),
        TOO_LATE => Some(words.too_late),
        _ => None,
    });
    html! { @if let Some(said) = said { p.banner role="status" { (said) } } }
}

async fn asked(shell: &Shell<'_>, id: &str, refused: Option<NotConfirmed>) -> Response {
    let words = Words::of(shell.lang());
    let (back, question) = (address::of(id), (words.cancel_question)(id));
    let action = format!("{back}/cancel");
    let confirm = Confirm {
        question: &question,
        count: 1,
        action: &action,
        verb: words.cancel,
        is_dangerous: true,
        otherwise: None,
        hidden: &[],
        asks_reason: false,
        back: &back,
    };
    shell.confirm(&confirm, refused).await
}

/// Leads to the delivery at which the search for what can be stopped has ended.
fn led_to(cancellation: Cancellation) -> Response {
    let (id, told) = match cancellation {
        Cancellation::Stopped { id, maybe_sent: false } => (id, STOPPED),
        Cancellation::Stopped { id, maybe_sent: true } => (id, MAYBE_SENT),
        Cancellation::Awaited { id } => (id, AWAITED),
        Cancellation::TooLate { id, .. } => (id, TOO_LATE),
    };
    Redirect::to(&with_query(&address::of(&id), &[(TOLD, told)], None)).into_response()
}

fn may(actor: &Actor) -> Result<(), Denied> {
    // The first of them is told to whoever has neither.
    actor.must(Scope::Notify).or(actor.must(Scope::Operate))
}
