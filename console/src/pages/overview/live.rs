//! The live part of the overview. It is the same for everybody who sees the same numbers in the same language, and is
//! rendered once for all of them: it names no viewer.

mod tables;

use domain::Timestamp;
use maud::{Markup, html};
use operations::overview::{Known, Overview};
use operations::providers::Carrier;

use super::charts::charts;
use super::words::Words;
use crate::pieces::banner::{Over, paused_in_short};
use crate::pieces::figure::known;
use crate::pieces::time::{of_day, time};
use crate::section::Section;
use crate::words::Lang;

/// `carriers` say how much the limits of their providers are.
pub(super) fn live(overview: &Overview, carriers: &[Carrier], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        div #live data-said=(said(overview, lang, now)) {
            (over(overview, lang, now))
            h2 { (words.last_hour) }
            (charts(overview, words))
            h2 { (words.lanes) }
            (tables::lanes(overview, lang, now))
            h2 { (words.channels) }
            (tables::channels(overview, lang, now))
            p.soft {
                (words.counted_since) " " (time(overview.span.since, now, lang)) "."
                @if overview.span.is_cut { " " (words.is_cut) }
            }
            div.columns.uneven {
                section { h2 { (words.queues) } (queues(overview, lang, now)) }
                section { h2 { (words.providers) } (tables::providers(overview, carriers, lang, now)) }
            }
        }
    }
}

fn over(overview: &Overview, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let sides = [(&overview.broker, words.broker_lost), (&overview.ledger, words.ledger_lost)];
    let silent = sides.into_iter().filter(|(side, _)| side.problem.is_some());
    let lost = silent.map(|(side, told)| last_known(side, told, words)).collect();
    let (pauses, faults) = (&overview.pauses, &overview.faults);
    Over { lost, pauses, faults, only: overview.tenant.as_ref() }.strip(lang, now)
}

/// What is told where the broker or the ledger does not answer: when what stands here was last known.
fn last_known(known: &Known, told: &str, words: &Words) -> Markup {
    html! {
        (told) " "
        @match known.at {
            Some(at) => { time datetime=(at.to_string()) { (of_day(at)) } }
            None => { (words.never_known) }
        }
        "."
    }
}

fn queues(overview: &Overview, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let [first, second, third] = overview.retry_depths.map(known);
    html! {
        dl.facts {
            dt { (words.dead_letters) }
            dd {
                a href=(Section::DeadLetters.path()) { (known(overview.dead.depth)) }
                @if let Some(open) = overview.dead.open_groups.filter(|open| *open > 0) {
                    " · " ((words.open_groups)(open))
                }
            }
            dt { (words.retry_queues) }
            dd { (first) " · " (second) " · " (third) }
            dt { (words.scheduled) }
            dd {
                a href=(Section::Schedules.path()) { (known(overview.scheduled.jobs)) }
                @if let Some(due) = overview.scheduled.next_due {
                    " · " (words.next_due) " " (time(due, now, lang))
                }
            }
            dt { (words.reports) }
            dd { (known(overview.inbound_depth)) }
            dt { (words.callbacks) }
            dd { (known(overview.callbacks_depth)) }
        }
    }
}

/// What is told to those who hear the page, when it changes: what somebody must act on, and no figure that always moves.
fn said(overview: &Overview, lang: Lang, now: Timestamp) -> String {
    let words = Words::of(lang);
    let mut said = (words.said_dead)(&known(overview.dead.depth));
    if let Some(paused) = paused_in_short(lang, &overview.pauses) {
        said.push(' ');
        said.push_str(&paused);
    }
    let given_nothing = overview.providers.iter().filter(|provider| provider.is_given_nothing(now));
    let names: Vec<String> = given_nothing.map(|provider| provider.name()).collect();
    if !names.is_empty() {
        said.push(' ');
        said.push_str(&(words.said_providers)(&names.join(", ")));
    }
    for (known, told) in [(&overview.broker, words.broker_lost), (&overview.ledger, words.ledger_lost)] {
        if known.problem.is_some() {
            let at = known.at.map_or_else(|| words.never_known.to_owned(), of_day);
            said.push_str(&format!(" {told} {at}."));
        }
    }
    said
}

#[cfg(test)]
mod tests;
