//! `/console/dead-letters/letters/{letter}`: one letter, what became of its delivery, and what can be done about it.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Explanation, Key, Scope, Timestamp};
use maud::{Markup, html};
use operations::dead_letters::{self, Masked};
use operations::{NotDone, explain};
use serde_json::Value;
use store::{IndexedLetter, LetterAction, LetterFilter, StoreError};

use super::letters::short;
use super::tabs::tabs;
use super::words::Words;
use super::{names, paths};
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::summary::summary_of;
use crate::pages::delivery::timeline::topic_of;
use crate::pieces::figure::whole;
use crate::pieces::outcome::of_stored;
use crate::pieces::pager::address;
use crate::pieces::problem::problem;
use crate::pieces::sentence::sentence_of;
use crate::pieces::time::moment;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

/// The parameter by which a page says that somebody waits for a scheduler to read the letter.
pub(super) const OPENING: &str = "opening";
/// What can be planned for one letter.
const ACTIONS: [LetterAction; 3] = [LetterAction::Replay, LetterAction::Redirect, LetterAction::Drop];

pub(super) async fn show(
    State(console): State<Console>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    viewer: Viewer,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let is_opening = Fields::parse(query.unwrap_or_default().as_bytes()).text(OPENING).is_some();
    match page(&console, &viewer, &name, is_opening).await {
        Ok(Some(content)) => {
            let title = format!("{} {}", Words::of(shell.lang()).letter, short(&name));
            shell.page(&title, &content).await
        }
        Ok(None) => gone(&shell).await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

/// Has a scheduler read the letter. `edit` says that whoever asks wants to edit it.
pub(super) async fn open(State(console): State<Console>, Path(name): Path<String>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    let asked = dead_letters::ask_to_look(&console.store, &viewer.actor, &name, console.clock.now()).await;
    let letter = paths::letter(&name);
    let page = if fields.text("edit").is_some() { format!("{letter}/edit") } else { letter };
    match asked {
        Ok(true) => Redirect::to(&address(&page, &[(OPENING, "true")], None)).into_response(),
        Ok(false) => gone(&shell).await,
        Err(NotDone::Denied(denied)) => shell.denied(denied).await,
        Err(NotDone::Ledger(error)) => shell.ledger_failed(&error).await,
    }
}

/// The answer where a letter is not in the queue any more.
pub(super) async fn gone(shell: &Shell<'_>) -> Response {
    let words = Words::of(shell.lang());
    let content = problem(shell.lang(), words.gone_detail, &[], paths::LETTERS);
    shell.answer(axum::http::StatusCode::NOT_FOUND, words.gone, &content).await
}

/// What stands on a page until a scheduler has read the letter. It asks again by itself where there are scripts.
pub(super) fn being_read(here: &str, words: &Words) -> Markup {
    html! {
        p { (words.is_opened) " " a href=(here) { (words.reload) } }
        span #letter-again hx-get=(here) hx-trigger="every 2s" hx-select="#contents" hx-target="#contents"
            hx-swap="outerMorph" hx-status:"4xx"="swap:none" hx-status:"5xx"="swap:none" {}
    }
}

async fn page(console: &Console, viewer: &Viewer, name: &str, is_opening: bool) -> Result<Option<Markup>, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let tenant = &viewer.actor.tenant;
    let filter = LetterFilter { tenant: tenant.clone(), letters: vec![name.to_owned()], ..LetterFilter::default() };
    if name.contains('\0') {
        return Ok(None);
    }
    let found = dead_letters::first(&console.store, &filter, 1).await?;
    let Some(letter) = found.letters.into_iter().next() else { return Ok(None) };
    let key = Key { tenant: tenant.clone(), id: letter.id.clone() };
    let told = explain(&console.store, &key, console.settings.retry_delays).await?;
    let masked = dead_letters::look(&console.store, &console.letters, tenant, name).await?;
    Ok(Some(html! {
        (tabs(lang, None))
        (actions(viewer, name, lang))
        (facts(&letter, lang, now))
        (contents(viewer, name, masked.as_ref(), is_opening, now))
        h2 { (Words::of(lang).explanation) }
        (explanation(told.as_ref(), lang, now))
    }))
}

fn actions(viewer: &Viewer, name: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        @if viewer.actor.may(Scope::Operate) {
            p.actions {
                (words.plan_one)
                @for action in ACTIONS {
                    @let asked = [("action", action.as_str()), ("letter", name)];
                    a href=(address(paths::PLANS, &asked, None)) data-plan[action == LetterAction::Replay] {
                        (names::action(action, lang))
                    }
                }
                @if viewer.actor.may(Scope::Admin) {
                    a href={ (paths::letter(name)) "/edit" } { (words.edit) }
                }
            }
        }
    }
}

fn facts(letter: &IndexedLetter, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        dl.facts {
            dt { (words.letter) }
            dd { code { (letter.letter) } @if letter.copies > 1 { " × " (letter.copies) } }
            dt { (words.id) }
            dd { a href=(paths::delivery(&letter.id)) { code { (letter.id) } } }
            dt { (words.lane) }
            dd { (letter.lane.as_str()) }
            @let class = of_stored(&letter.class, lang).to_owned();
            @for (label, value) in [
                (words.channel, &letter.channel), (words.provider, &letter.provider), (words.class, &class),
                (words.code, &letter.code), (words.template, &letter.template), (words.reason, &letter.reason),
                (words.error, &letter.error),
            ] {
                @if !value.is_empty() { dt { (label) } dd { (value) } }
            }
            dt { (words.group) }
            dd { a href=(paths::group(&letter.fingerprint)) { code { (letter.fingerprint) } } }
            dt { (words.attempts) }
            dd { (letter.attempts) }
            dt { (words.moved) }
            dd { (letter.epoch) }
            dt { (words.died) }
            dd { (moment(letter.dead_at, now, lang)) }
            @if let Some(expires) = letter.expires_at { dt { (words.expires) } dd { (moment(expires, now, lang)) } }
        }
    }
}

/// What a scheduler has read of the letter, or the way to that.
fn contents(viewer: &Viewer, name: &str, masked: Option<&Masked>, is_opening: bool, now: Timestamp) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    let here = address(&paths::letter(name), &[(OPENING, "true")], None);
    html! {
        section #contents {
            h2 { (words.contents) }
            @if let Some(masked) = masked {
                (headers(masked, lang, now))
            } @else if is_opening {
                (being_read(&here, words))
            } @else {
                p.soft { (words.not_opened) }
                @if viewer.actor.may(Scope::Operate) {
                    form method="post" action={ (paths::letter(name)) "/open" } {
                        button type="submit" { (words.open) }
                    }
                }
            }
        }
    }
}

fn headers(masked: &Masked, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let body = masked.body.clone().and_then(|body| serde_json::to_string_pretty(&Value::Object(body)).ok());
    html! {
        dl.facts {
            @if let Some(publisher) = &masked.publisher { dt { (words.publisher) } dd { (publisher) } }
            @if let Some(parent) = &masked.parent {
                dt { (words.parent) }
                dd { a href=(paths::delivery(parent)) { code { (parent) } } }
            }
            @if let Some(due) = masked.due { dt { (words.due) } dd { (moment(due, now, lang)) } }
            dt { (words.moved) }
            dd { (masked.moved) }
            dt { (words.died) }
            dd {
                @match &masked.dead {
                    Some(mark) => {
                        (moment(mark.at, now, lang)) ": " (mark.reason)
                        @if !mark.error.is_empty() { ", " (mark.error) }
                    }
                    None => { (words.broker_death) }
                }
            }
            dt { (words.bytes) }
            dd { (whole(masked.bytes as u64)) }
        }
        @match body {
            Some(body) => { pre { (body) } p.soft { (words.masked) } }
            None => { p.nothing { (words.unreadable) } }
        }
    }
}

/// The sentences are those of the command line and the API.
fn explanation(told: Option<&Explanation>, lang: Lang, now: Timestamp) -> Markup {
    html! {
        @match told {
            None => { p.nothing { (Words::of(lang).no_row) } }
            Some(told) => {
                p { (summary_of(&told.summary, lang)) }
                ol.timeline {
                    @for sentence in &told.sentences {
                        li {
                            @if let Some(at) = sentence.at { (moment(at, now, lang)) " " }
                            span.told {
                                span.soft { (topic_of(sentence.topic, lang)) ": " }
                                span lang="en" { (sentence_of(&sentence.text)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
