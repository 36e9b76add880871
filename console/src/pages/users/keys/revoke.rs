//! Revokes a key, once somebody has said yes to it.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use operations::accounts::keys;
use web::query::Parameters;

use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::users::undone;
use crate::pieces::confirm::{Confirm, NotConfirmed};
use crate::pieces::pager;
use crate::section::Section;
use crate::session::{Posted, Viewer};

pub(super) const PATH: &str = "/console/keys/revoke";

pub(super) fn address(id: &str) -> String {
    pager::address(PATH, &[("id", id)], None)
}

pub(super) async fn ask(State(console): State<Console>, viewer: Viewer, mut query: Parameters) -> Response {
    let id = query.text("id").unwrap_or_default();
    if let Err(problem) = query.finish(&["id"]) {
        return Shell::of(&console, &viewer, Section::Keys).refused(&problem).await;
    }
    asked(&console, &viewer, &id, None).await
}

async fn asked(console: &Console, viewer: &Viewer, id: &str, refused: Option<NotConfirmed>) -> Response {
    let shell = Shell::of(console, viewer, Section::Keys);
    let key = match keys::show(&console.store, &viewer.actor, id, console.clock.as_ref()).await {
        Ok(key) => key,
        Err(why) => return undone::page(&shell, why).await,
    };
    let words = Words::of(shell.lang());
    let confirm = Confirm {
        question: &(words.ask_revoke)(&key.name, &key.prefix),
        count: 1,
        action: PATH,
        verb: words.revoke,
        is_dangerous: true,
        otherwise: None,
        hidden: &[("id", key.id.as_str())],
        asks_reason: false,
        back: Section::Keys.path(),
    };
    shell.confirm(&confirm, refused).await
}

pub(super) async fn done(State(console): State<Console>, Posted { viewer, fields }: Posted) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Keys);
    let id = fields.text("id").unwrap_or_default();
    if let Err(refused) = Confirm::read(&fields, 1, false) {
        return asked(&console, &viewer, id, Some(refused)).await;
    }
    let revoked = keys::revoke(&console.store, &viewer.actor, id, console.clock.as_ref()).await;
    console.accounts.keys.forget_age();
    match revoked {
        Ok(_) => Redirect::to(Section::Keys.path()).into_response(),
        Err(why) => undone::page(&shell, why).await,
    }
}
