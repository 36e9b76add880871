//! What is worth knowing of a plan before it is started: what has changed since, who else is at it, and some of its
//! letters. Of many letters it was read before, which is told with its time; while it is read again, or could not be, it
//! comes by itself.

use domain::Timestamp;
use maud::{Markup, html};
use operations::dead_letters::Shown;
use store::{AtIt, LetterSample, Outlook, Reading};

use super::words::Words;
use crate::pages::dead_letters::{names, paths};
use crate::pages::delivery::address::link as link_to;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::foreign;
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::{of_day, time};
use crate::words::Lang;

/// The region that comes again while it is read.
pub(super) const REGION: &str = "outlook";

/// What is told before anything else. `again` is where the same is asked for again.
pub(super) fn warnings(
    shown: &Shown,
    reading: &Reading,
    again: Option<&str>,
    is_too_old: bool,
    lang: Lang,
    now: Timestamp,
) -> Markup {
    let words = Words::of(lang);
    let outlook = shown.outlook.clone().unwrap_or_default();
    let has_changed = outlook.newcomers > 0 || outlook.gone > 0;
    let is_newer = |read_at: Timestamp| shown.as_of.is_none_or(|as_of| as_of > read_at);
    let was_read_again = reading.read_at.is_some_and(|at| at > shown.job.made_at && is_newer(at));
    html! {
        (known(shown, lang))
        @if is_too_old { p.banner { (words.too_old) " " (link(again, words)) } }
        @if !outlook.others.is_empty() { (others(&outlook.others, lang, now)) }
        @if has_changed {
            p.banner {
                (words.changed)
                @if outlook.newcomers > 0 { " " ((words.newcomers)(outlook.newcomers)) }
                @if outlook.gone > 0 { " " ((words.gone)(outlook.gone)) }
                @if !is_too_old { " " (link(again, words)) }
            }
        } @else if was_read_again && shown.outlook.is_some() {
            p.soft { (words.same) }
        }
        @if outlook.maybe_sent > 0 { p.banner { ((words.maybe_sent)(outlook.maybe_sent)) } }
    }
}

/// Since when all this is known, where it is not of now.
fn known(shown: &Shown, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let (here, region) = (paths::plan(&shown.job.id), format!("#{REGION}"));
    html! {
        @if let Some(at) = shown.as_of { p.soft #known-at { ((words.as_of)(&of_day(at))) } }
        @if let Some(failed) = &shown.failed {
            p.banner #not-read { ((words.not_read)(&of_day(failed.since), &failed.why)) }
        } @else if shown.is_being_read {
            p { (badge(Tone::Busy, words.is_being_read)) }
        }
        @if shown.is_being_read || shown.failed.is_some() {
            span #outlook-again hx-get=(here) hx-trigger="every 2s" hx-select=(region) hx-target=(region)
                hx-swap="outerMorph" hx-status:"4xx"="swap:none" hx-status:"5xx"="swap:none" {}
            noscript { a href=(here) { (words.reload) } }
        }
    }
}

fn link(again: Option<&str>, words: &Words) -> Markup {
    html! { @if let Some(again) = again { a href=(again) { (words.again) } } }
}

/// Whoever comes second is told who came first.
fn others(others: &[AtIt], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        div.banner {
            strong { (words.others) }
            ul {
                @for other in others {
                    li {
                        (other.who) " "
                        @match other.action {
                            Some(action) => { a href=(paths::job(&other.what)) { (names::action(action, lang)) } }
                            None => { a href=(paths::group(&other.what)) { (words.looks_after) } }
                        }
                        ", " ((words.of_these)(other.letters)) ", " (time(other.since, now, lang))
                    }
                }
            }
        }
    }
}

/// Some of the letters.
pub(super) fn samples(outlook: Option<&Outlook>, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let samples = outlook.map(|outlook| outlook.samples.as_slice()).unwrap_or_default();
    let columns = [text(words.letter), text(words.id), text(words.channel), text(words.reason), text(words.error)];
    let rows: Vec<Row> = samples.iter().map(sample).collect();
    html! {
        @if !rows.is_empty() {
            h2 { (words.samples) }
            (table(lang, words.samples, &columns, &rows))
        }
    }
}

fn sample(sample: &LetterSample) -> Row {
    let short: String = sample.letter.chars().take(8).collect();
    let cells = vec![
        html! { a href=(paths::letter(&sample.letter)) title=(sample.letter) { code { (short) } } },
        link_to(&sample.id),
        html! { (sample.channel) },
        foreign(&sample.reason),
        foreign(&sample.error),
    ];
    Row { id: format!("sample-{}", sample.letter), cells }
}
