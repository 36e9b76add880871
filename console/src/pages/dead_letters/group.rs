//! `/console/dead-letters/groups/{group}`: letters that failed alike, who looks after them, and what can be planned.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Scope, Timestamp};
use maud::{Markup, html};
use operations::{NotDone, dead_letters, suppressions};
use store::{LetterAction, LetterFilter, LetterGroup, StoreError};

use super::groups::{headline, last_hour};
use super::letters::rows;
use super::tabs::tabs;
use super::words::Words;
use super::{names, paths};
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::figure::whole;
use crate::pieces::outcome::of_stored;
use crate::pieces::pager::address;
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// How many of its letters the page of a group shows.
const SHOWN: u32 = 25;
/// What can be planned for a whole group.
const ACTIONS: [LetterAction; 3] = [LetterAction::Replay, LetterAction::Redirect, LetterAction::Drop];

pub(super) async fn show(State(console): State<Console>, viewer: Viewer, Path(group): Path<String>) -> Response {
    answer(&console, &viewer, &group, None).await
}

/// Notes that somebody looks after a group.
pub(super) async fn acknowledge(State(console): State<Console>, Path(group): Path<String>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Operate) {
        return shell.change_denied(denied, "acknowledge dead letters").await;
    }
    let note = match fields.text("note").map(suppressions::why).transpose() {
        Ok(note) => note,
        Err(_) => return answer(&console, &viewer, &group, fields.text("note")).await,
    };
    let clock = console.clock.as_ref();
    match dead_letters::acknowledge(&console.store, &viewer.actor, &group, note.as_deref(), clock).await {
        Ok(true) => Redirect::to(&paths::group(&group)).into_response(),
        Ok(false) => shell.not_found().await,
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

/// `bad_note` is a note that was not taken.
async fn answer(console: &Console, viewer: &Viewer, name: &str, bad_note: Option<&str>) -> Response {
    let shell = Shell::of(console, viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let status = if bad_note.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match page(console, viewer, name, bad_note).await {
        Ok(Some((title, content))) => shell.answer(status, &title, &content).await,
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

async fn page(
    console: &Console,
    viewer: &Viewer,
    name: &str,
    bad_note: Option<&str>,
) -> Result<Option<(String, Markup)>, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let (words, tenant) = (Words::of(lang), &viewer.actor.tenant);
    let Some(group) = dead_letters::group(&console.store, tenant, name).await? else { return Ok(None) };
    let filter = LetterFilter { tenant: tenant.clone(), group: Some(name.to_owned()), ..LetterFilter::default() };
    let page = dead_letters::first(&console.store, &filter, SHOWN).await?;
    let may_operate = viewer.actor.may(Scope::Operate);
    let content = html! {
        (tabs(lang, None))
        (facts(&group, lang, now))
        @if may_operate { (minding(&group, words, bad_note)) }
        @if may_operate && group.letters > 0 {
            p.actions {
                (words.plan_for_group)
                @for action in ACTIONS {
                    @let asked = [("action", action.as_str()), ("group", name)];
                    a href=(address(paths::PLANS, &asked, None)) data-plan[action == LetterAction::Replay] {
                        (names::action(action, lang))
                    }
                }
            }
        }
        h2 { (words.letters) }
        @if page.letters.is_empty() {
            p.nothing { (words.none_of_group) }
        } @else {
            (rows(&page.letters, lang, now, false))
            @if page.next.is_some() {
                p { a href=(address(paths::LETTERS, &[("group", name)], None)) { (words.all_of_group) } }
            }
        }
    };
    Ok(Some((headline(&group), content)))
}

fn facts(group: &LetterGroup, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        dl.facts {
            dt { (words.life) }
            dd {
                (names::life(group.life, lang)) ", " (time(group.changed_at, now, lang))
                @if let Some(by) = &group.changed_by { " " (words.by) " " (by) }
            }
            @if let Some(note) = &group.note { dt { (words.note) } dd { (note) } }
            dt { (words.letters) }
            dd { (whole(group.letters.into())) }
            dt { (words.last_hour) }
            dd { (last_hour(group)) }
            dt { (words.first) }
            dd { (time(group.first_at, now, lang)) }
            dt { (words.last) }
            dd { (time(group.last_at, now, lang)) }
            @let class = of_stored(&group.class, lang).to_owned();
            @for (label, value) in [
                (words.channel, &group.channel), (words.provider, &group.provider), (words.class, &class),
                (words.code, &group.code), (words.template, &group.template), (words.reason, &group.reason),
                (words.error, &group.words),
            ] {
                @if !value.is_empty() { dt { (label) } dd { (value) } }
            }
            dt { (words.group) }
            dd { code { (group.fingerprint) } }
        }
    }
}

/// The form of whoever looks after the group.
fn minding(group: &LetterGroup, words: &Words, bad_note: Option<&str>) -> Markup {
    let action = format!("{}/acknowledge", paths::group(&group.fingerprint));
    html! {
        form.form #minding method="post" action=(action) {
            @if bad_note.is_some() {
                p.refused role="alert" { code { (words.note) } " " (words.bad_note) }
            }
            div.field {
                label for="note" { (words.note_help) }
                input #note name="note" maxlength="500" autocomplete="off" value=(bad_note.unwrap_or_default())
                    aria-invalid=[bad_note.map(|_| "true")];
            }
            p.actions { button type="submit" { (words.look_after) } }
        }
    }
}
