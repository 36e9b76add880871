//! How an attempt ended, in a word and a shape.

use domain::AttemptOutcome;
use maud::Markup;

use super::badge::{Tone, badge};
use crate::words::Lang;

pub(crate) fn of_attempt(outcome: AttemptOutcome, lang: Lang) -> Markup {
    badge(tone(outcome), word(outcome, lang))
}

const fn tone(outcome: AttemptOutcome) -> Tone {
    match outcome {
        AttemptOutcome::Sent | AttemptOutcome::Captured => Tone::Good,
        AttemptOutcome::Throttled | AttemptOutcome::Retriable => Tone::Waiting,
        AttemptOutcome::MaybeSent | AttemptOutcome::Ambiguous | AttemptOutcome::Late => Tone::Warning,
        AttemptOutcome::Permanent => Tone::Bad,
    }
}

pub(crate) fn word(outcome: AttemptOutcome, lang: Lang) -> &'static str {
    match outcome {
        AttemptOutcome::Sent => lang.of("sent", "enviado"),
        AttemptOutcome::Captured => lang.of("captured", "capturado"),
        AttemptOutcome::Throttled => lang.of("throttled", "limitado"),
        AttemptOutcome::Retriable => lang.of("retriable", "reintentable"),
        AttemptOutcome::MaybeSent => lang.of("maybe sent", "quizá enviado"),
        AttemptOutcome::Permanent => lang.of("permanent", "definitivo"),
        AttemptOutcome::Ambiguous => lang.of("ambiguous", "ambiguo"),
        AttemptOutcome::Late => lang.of("late", "tardío"),
    }
}

/// The same of a word that is stored. One that a newer version has written stands as it is.
pub(crate) fn of_stored(outcome: &str, lang: Lang) -> &str {
    AttemptOutcome::parse(outcome).map_or(outcome, |known| word(known, lang))
}

#[test]
fn what_is_not_known_stands_as_it_is() {
    assert_eq!((of_stored("odd", Lang::Es), of_stored("retriable", Lang::Es)), ("odd", "reintentable"));
    assert_eq!(of_stored("maybe_sent", Lang::En), "maybe sent");
}
