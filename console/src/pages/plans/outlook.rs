//! What is worth knowing of a plan before it is started: what has changed since, who else is at it, and some of its
//! letters.

use domain::Timestamp;
use maud::{Markup, html};
use operations::dead_letters::Shown;
use store::{AtIt, LetterSample, Outlook, Reading};

use super::words::Words;
use crate::pages::dead_letters::{names, paths};
use crate::pieces::table::{Row, table, text};
use crate::pieces::time::time;
use crate::words::Lang;

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
    let was_read_again = reading.read_at.is_some_and(|at| at > shown.job.made_at);
    html! {
        @if is_too_old { p.banner { (words.too_old) " " (link(again, words)) } }
        @if !outlook.others.is_empty() { (others(&outlook.others, lang, now)) }
        @if has_changed {
            p.banner {
                (words.changed)
                @if outlook.newcomers > 0 { " " ((words.newcomers)(outlook.newcomers)) }
                @if outlook.gone > 0 { " " ((words.gone)(outlook.gone)) }
                @if !is_too_old { " " (link(again, words)) }
            }
        } @else if was_read_again {
            p.soft { (words.same) }
        }
        @if outlook.maybe_sent > 0 { p.banner { ((words.maybe_sent)(outlook.maybe_sent)) } }
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
        html! { a href=(paths::delivery(&sample.id)) { (sample.id) } },
        html! { (sample.channel) },
        html! { (sample.reason) },
        html! { (sample.error) },
    ];
    Row { id: format!("sample-{}", sample.letter), cells }
}
