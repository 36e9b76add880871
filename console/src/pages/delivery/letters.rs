//! The dead letters of a delivery's id: the way to each, and the page of an id of which nothing else is known.

use domain::{Explanation, Summary, Timestamp, Whereabouts};
use maud::{Markup, html};

use super::address::{of, short};
use super::summary::summary_of;
use super::words::Words;
use super::{Asked, cancel, standing, timeline};
use crate::pages::dead_letters::paths;
use crate::pieces::badge::{Tone, badge};
use crate::words::Lang;

/// Leads to the page of each letter of the id that is in the queue.
pub(super) fn links(told: &Explanation, lang: Lang) -> Markup {
    html! {
        @if !told.letters.is_empty() {
            p.actions {
                @for name in &told.letters {
                    a href=(paths::letter(name)) title=(name) { (Words::of(lang).the_letter) " " code { (short(name)) } }
                }
            }
        }
    }
}

/// Leads to the delivery that was sent in the place of its letter.
pub(super) fn in_its_place(told: &Explanation, lang: Lang) -> Markup {
    html! {
        @if let Summary::LetterTaken { letter: Whereabouts::Replaced { id, .. }, .. } = &told.summary {
            p.actions { a href=(of(id)) title=(id) { (Words::of(lang).in_its_place) " " code { (short(id)) } } }
        }
    }
}

/// What is told where no delivery is known. One that was accepted a moment ago may be another one, which is in its queue.
pub(super) fn alone(id: &str, told: &Explanation, asked: Asked, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let tone = if told.letters.is_empty() { Tone::Quiet } else { Tone::Bad };
    html! {
        div #delivery {
            (cancel::notice(asked.told, lang))
            p { code { (id) } }
            p.standing { (badge(tone, words.only_a_letter)) " " span { (summary_of(&told.summary, lang)) } }
            @if asked.is_accepted {
                p { (words.in_its_queue) }
                (standing::again_after(id, true, standing::SOON, lang))
            }
            (links(told, lang))
            (timeline::of(told, lang, now))
        }
    }
}
