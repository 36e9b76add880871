//! Deletes a file: a page that asks once more, because what names it fails then.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ObjectName, Scope};
use operations::files::{self, Cabinet, Files};

use super::address;
use super::one::is_there;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, Path(object): Path<String>) -> Response {
    match named(&console, &object) {
        Some((object, _)) => once_more(&console, &viewer, &object, None).await,
        None => Shell::of(&console, &viewer, Section::Files).not_found().await,
    }
}

pub(super) async fn delete(
    State(console): State<Console>,
    Path(object): Path<String>,
    Posted { viewer, fields }: Posted,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Files);
    let Some((object, files)) = named(&console, &object) else { return shell.not_found().await };
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return once_more(&console, &viewer, &object, Some(refused)).await;
    }
    let cabinet = Cabinet { store: &console.store, files };
    match files::delete(cabinet, &viewer.actor, &object, console.clock.now()).await {
        Ok(true) => Redirect::to(Section::Files.path()).into_response(),
        Ok(false) => shell.not_found().await,
        Err(why) => shell.undone(&why).await,
    }
}

/// The file of a path, and where its bytes are. None where nothing is called so, or this process keeps no files.
fn named<'a>(console: &'a Console, object: &str) -> Option<(ObjectName, &'a Files)> {
    Some((ObjectName::parse(object)?, console.files.as_deref()?))
}

/// Who may not do it is not shown what it is about.
async fn once_more(console: &Console, viewer: &Viewer, object: &ObjectName, refused: Option<NotConfirmed>) -> Response {
    let shell = Shell::of(console, viewer, Section::Files);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.denied(denied).await;
    }
    let found = match files::show(&console.store, &viewer.actor.tenant, object, console.clock.now()).await {
        Ok(found) => found.filter(is_there),
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let Some(one) = found else { return shell.not_found().await };
    let words = Words::of(shell.lang());
    let confirm = Confirm {
        question: &(words.delete_question)(&one.file.name),
        count: 1,
        action: &address::deleting(object),
        verb: words.delete,
        is_dangerous: true,
        otherwise: None,
        hidden: &[],
        asks_reason: false,
        back: &address::of(object),
    };
    shell.confirm(&confirm, refused).await
}
