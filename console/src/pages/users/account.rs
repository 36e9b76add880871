//! `/console/account`: what everybody changes about themselves: the password, and where they are logged in.

mod words;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::{FieldError, Timestamp};
use maud::{Markup, html};
use operations::accounts::sessions::{self, Open};
use operations::accounts::{Undone, users};
use web::connections::network;
use web::hosts::Source;

use self::words::Words;
use super::rights::rights;
use super::undone;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::pieces::written::{Line, unplaced};
use crate::section::Section;
use crate::session::{LOGIN, Posted, Viewer};
use crate::words::Lang;

const PASSWORD: &str = "/console/account/password";
const SESSIONS: &str = "/console/account/sessions";
const FIELDS: [&str; 2] = ["old_password", "new_password"];

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(Section::Account.path(), get(show))
        .route(PASSWORD, post(change_password))
        .route(SESSIONS, post(end_sessions))
}

async fn show(State(console): State<Console>, viewer: Viewer, headers: HeaderMap) -> Response {
    page(&console, &viewer, &headers, &[]).await
}

async fn change_password(
    State(console): State<Console>,
    source: Source,
    headers: HeaderMap,
    Posted { viewer, fields }: Posted,
) -> Response {
    let given = |name: &str| fields.raw(name).unwrap_or_default().to_owned();
    let (old, new) = (given("old_password").into(), given("new_password").into());
    let peer = source.peer.map(network);
    let changed = users::change_own_password(console.log_in(), peer, &viewer.actor, old, new).await;
    // Whoever only tries must not have every other request wait for the ledger.
    if changed.as_ref().err().is_none_or(Undone::is_in_doubt) {
        console.accounts.revoked.forget_age();
    }
    match changed {
        // This session has ended with the others.
        Ok(()) => {
            console.remembered.note(console.doors.session_id(&headers).as_deref(), None, console.clock.now());
            Redirect::to(LOGIN).into_response()
        }
        Err(why) => match undone::fields(why, viewer.look.lang) {
            Ok(errors) => page(&console, &viewer, &headers, &errors).await,
            Err(why) => undone::page(&Shell::of(&console, &viewer, Section::Account), why).await,
        },
    }
}

/// Ends the session that is named, or all of them where none is.
async fn end_sessions(
    State(console): State<Console>,
    headers: HeaderMap,
    Posted { viewer, fields }: Posted,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Account);
    let (store, actor) = (&console.store, &viewer.actor);
    let ended = match fields.text("id") {
        Some(id) => sessions::end_one(store, actor, id, console.clock.as_ref()).await.map(drop),
        None => sessions::end_all(store, actor).await,
    };
    if let Err(error) = ended {
        return shell.ledger_failed(&error).await;
    }
    // Whoever has ended the own session is led to the login from there.
    console.remembered.note(console.doors.session_id(&headers).as_deref(), None, console.clock.now());
    Redirect::to(Section::Account.path()).into_response()
}

/// The page, with what is wrong beside the fields.
async fn page(console: &Console, viewer: &Viewer, headers: &HeaderMap, errors: &[FieldError]) -> Response {
    let shell = Shell::of(console, viewer, Section::Account);
    let open = match sessions::list(&console.store, &viewer.actor, console.clock.as_ref()).await {
        Ok(open) => open,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let own = console.doors.session_id(headers);
    let (lang, words) = (shell.lang(), Words::of(shell.lang()));
    let content = html! {
        (facts(viewer, words))
        h2 { (words.password) }
        (password_form(words, errors))
        h2 { (words.sessions) }
        (listed(&open, own.as_deref(), lang, console.clock.now()))
        @if !open.is_empty() {
            form method="post" action=(SESSIONS) {
                p.actions { button.danger type="submit" { (words.end_all) } span.soft { (words.end_all_effect) } }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shell.answer(status, Section::Account.label(lang), &content).await
}

fn facts(viewer: &Viewer, words: &Words) -> Markup {
    let scopes: Vec<String> = viewer.actor.scopes.iter().map(ToString::to_string).collect();
    html! {
        dl.facts {
            dt { (words.name) }
            dd { (viewer.actor.name) }
            dt { (words.tenant) }
            dd { (viewer.actor.tenant.as_str()) }
            dt { (words.may) }
            dd { (rights(&scopes)) }
        }
    }
}

fn password_form(words: &Words, errors: &[FieldError]) -> Markup {
    html! {
        form.form method="post" action=(PASSWORD) aria-label=(words.password) {
            (unplaced(errors, &FIELDS))
            (Line::password("old_password", words.old_password, "current-password").with(errors))
            (Line::password("new_password", words.new_password, "new-password").hint(words.password_rule).with(errors))
            p.soft { (words.password_effect) }
            p.actions { button type="submit" { (words.change_password) } }
        }
    }
}

fn listed(open: &[Open], own: Option<&str>, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [text(words.session), text(words.begun), text(words.used), text(words.ends), text(words.what_now)];
    let row = |session: &Open| {
        let cells = vec![
            html! {
                code { (session.id) }
                @if own == Some(session.id.as_str()) { " " (badge(Tone::Good, words.this_one)) }
            },
            time(session.created_at, now, lang),
            time(session.last_seen_at, now, lang),
            time(session.ends_at, now, lang),
            html! {
                form method="post" action=(SESSIONS) {
                    input type="hidden" name="id" value=(session.id);
                    button type="submit" aria-label={ (words.end) " " (session.id) } { (words.end) }
                }
            },
        ];
        Row { id: format!("session-{}", session.id), cells }
    };
    let rows: Vec<Row> = open.iter().map(row).collect();
    table(lang, words.sessions, &columns, &rows)
}
