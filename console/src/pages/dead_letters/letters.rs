//! `GET /console/dead-letters/letters`: letters, those that died last first, and the boxes by which they are chosen.

use axum::extract::State;
use axum::response::Response;
use domain::{Reason, Scope, Timestamp};
use maud::{Markup, html};
use operations::{NotListed, dead_letters};
use store::{IndexedLetter, LETTER_LOOK, LetterAction, StoreError};
use web::problem::Problem;
use web::query::Parameters;

use super::reading::{self, REGION};
use super::tabs::{Tab, tabs};
use super::wanted::{Known, Wanted};
use super::words::Words;
use super::{names, paths};
use crate::asked::of_another_search;
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::address::link;
use crate::pieces::breakable::breakable;
use crate::pieces::carried::by;
use crate::pieces::figure::whole;
use crate::pieces::filter::filter;
use crate::pieces::pager::{address, pager};
use crate::pieces::table::{Row, chooser, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The most letters of a page.
const PAGE: u32 = 100;
/// What can be planned for letters of a list.
const ACTIONS: [LetterAction; 3] = [LetterAction::Replay, LetterAction::Redirect, LetterAction::Drop];

pub(super) async fn show(
    State(console): State<Console>,
    query: Result<Parameters, Problem>,
    viewer: Viewer,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::DeadLetters);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    match page(&console, &viewer, &Wanted::read(query)).await {
        Ok(content) => shell.page(Words::of(shell.lang()).letters, &content).await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

async fn page(console: &Console, viewer: &Viewer, wanted: &Wanted) -> Result<Markup, StoreError> {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let words = Words::of(lang);
    let templates: Vec<&str> = console.checker.templates().names().collect();
    let known = Known {
        channels: operations::every_channel_name(),
        providers: &console.settings.answerers,
        reasons: &Reason::ALL.map(Reason::as_str),
        templates: &templates,
    };
    let narrowed = |problems: &[(String, String)]| {
        html! {
            (tabs(lang, Some(Tab::Letters)))
            (filter(lang, paths::LETTERS, &wanted.fields(words, &known), problems))
        }
    };
    if !wanted.problems.is_empty() {
        return Ok(narrowed(&wanted.problems));
    }
    let reading = dead_letters::looked_at(&console.store).await?;
    let asked = wanted.filter(viewer.actor.tenant.clone(), &console.recipients);
    let page = match dead_letters::list(&console.store, &asked, wanted.after.as_ref(), PAGE).await {
        Err(NotListed::OtherFilter) => return Ok(narrowed(&[of_another_search()])),
        Err(NotListed::Store(error)) => return Err(error),
        Ok(page) => page,
    };
    let (pairs, after) = (wanted.pairs(), wanted.after.as_ref().map(ToString::to_string));
    let here = address(paths::LETTERS, &pairs, after.as_deref());
    let next = page.next.map(|next| next.to_string());
    let is_for_all = pairs.is_empty() && after.is_none();
    let may_plan = viewer.actor.may(Scope::Operate) && !page.letters.is_empty();
    Ok(html! {
        (narrowed(&[]))
        div id=(REGION) {
            (reading::shown(&reading, lang, viewer, &here))
            @if page.letters.is_empty() {
                @if !page.is_cut { p.nothing { (if is_for_all { words.no_letters } else { words.no_letter_fits }) } }
            } @else if may_plan {
                form #chosen method="get" action=(paths::PLANS) {
                    (rows(&page.letters, lang, now, true))
                    (planning(lang, &pairs))
                }
            } @else {
                (rows(&page.letters, lang, now, false))
            }
            @if page.is_cut { p.soft { ((words.looked_at)(&whole(LETTER_LOOK as u64))) } }
            (pager(lang, paths::LETTERS, &pairs, after.is_none(), next.as_deref()))
        }
    })
}

/// What is asked for the chosen letters, and the way to all that fit.
fn planning(lang: Lang, pairs: &[(&str, &str)]) -> Markup {
    let words = Words::of(lang);
    let everything = [("all", "true")];
    let all = address(paths::PLANS, if pairs.is_empty() { &everything[..] } else { pairs }, None);
    html! {
        p.actions {
            label for="chosen-action" { (words.action) }
            select #chosen-action name="action" {
                @for action in ACTIONS { option value=(action.as_str()) { (names::action(action, lang)) } }
            }
            button #plan-chosen type="submit" { (words.plan_chosen) }
            a href=(all) data-plan { (words.plan_all) }
        }
    }
}

/// A table of letters, with boxes where they may be chosen.
pub(super) fn rows(letters: &[IndexedLetter], lang: Lang, now: Timestamp, can_choose: bool) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.letter),
        text(words.id),
        text(words.channel),
        text(words.reason),
        text(words.error),
        number(words.attempts),
        number(words.moved),
        text(words.died),
    ];
    let columns: Vec<_> = can_choose.then(|| text(words.choose)).into_iter().chain(columns).collect();
    let rows: Vec<Row> = letters.iter().map(|letter| row(letter, lang, now, can_choose)).collect();
    table(lang, words.letters, &columns, &rows)
}

fn row(letter: &IndexedLetter, lang: Lang, now: Timestamp, can_choose: bool) -> Row {
    let name = &letter.letter;
    let cells = vec![
        html! {
            a href=(paths::letter(name)) title=(name) { code { (short(name)) } }
            @if letter.copies > 1 { " × " (letter.copies) }
        },
        link(&letter.id),
        html! { (by(&letter.channel, Some(&letter.provider))) div.soft { (letter.lane.as_str()) } },
        html! {
            span.most {
                (breakable(&letter.reason)) @if !letter.code.is_empty() { " " code { (breakable(&letter.code)) } }
            }
        },
        html! { span.most { (letter.error) } },
        html! { (letter.attempts) },
        // Where none was moved, nothing is said of it.
        html! { @if letter.epoch > 0 { (letter.epoch) } },
        time(letter.dead_at, now, lang),
    ];
    let label = format!("{} {}", Words::of(lang).choose, short(name));
    let chosen = can_choose.then(|| chooser("letter", name, &label));
    Row { id: format!("letter-{name}"), cells: chosen.into_iter().chain(cells).collect() }
}

/// The beginning of a letter's name; the whole of it stands in its title.
pub(super) fn short(name: &str) -> String {
    const SHOWN: usize = 9;
    if name.chars().count() <= SHOWN { name.to_owned() } else { name.chars().take(SHOWN - 1).chain(['…']).collect() }
}
