//! Since when what the pages show is known, and the button that has the queue read again.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Scope, Timestamp};
use maud::{Markup, html};
use operations::dead_letters;
use store::Reading;

use super::paths;
use super::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::{Posted, Viewer, local};
use crate::words::Lang;

/// The region of a page that comes again while the queue is read.
pub(super) const REGION: &str = "letters";

/// `here` is the address of the page, to which the button comes back.
pub(super) fn shown(reading: &Reading, lang: Lang, viewer: &Viewer, here: &str) -> Markup {
    let words = Words::of(lang);
    let region = format!("#{REGION}");
    html! {
        div.actions {
            p #read-at { (since(reading.read_at, reading.now, lang, words)) }
            @if reading.is_asked_for {
                p { (badge(Tone::Busy, words.is_being_read)) }
                span #reading-again hx-get=(here) hx-trigger="every 2s" hx-select=(region) hx-target=(region)
                    hx-swap="outerMorph" hx-status:"4xx"="swap:none" hx-status:"5xx"="swap:none" {}
                noscript { a href=(here) { (words.reload) } }
            }
            @if viewer.actor.may(Scope::Operate) {
                form #read-now method="post" action=(paths::READ) {
                    input type="hidden" name="next" value=(here);
                    button type="submit" { (words.read_now) }
                }
            }
        }
        @if reading.problem.is_some() { p.banner { (words.not_read_to_its_end) } }
    }
}

fn since(read_at: Option<Timestamp>, now: Timestamp, lang: Lang, words: &Words) -> Markup {
    html! {
        @match read_at {
            Some(at) => { (words.was_read) " " (time(at, now, lang)) "." }
            None => { (words.never_read) }
        }
    }
}

/// `POST /console/dead-letters/read`: has a scheduler read the queue.
pub(super) async fn ask(State(console): State<Console>, posted: Posted) -> Response {
    let Posted { viewer, fields } = posted;
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    match dead_letters::ask(&console.store, &viewer.actor, console.clock.now()).await {
        Ok(()) => Redirect::to(local(fields.text("next").unwrap_or(paths::GROUPS))).into_response(),
        Err(why) => shell.undone(&why).await,
    }
}
