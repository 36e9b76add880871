//! In what state a thing is: a word, and a shape beside it, so that nobody needs the colour.

use domain::State;
use maud::{Markup, html};

use crate::words::Lang;

/// How good or bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    Good,
    /// Something is being done.
    Busy,
    /// Something is waited for.
    Waiting,
    /// Somebody should look.
    Warning,
    Bad,
    /// It has ended, and is neither good nor bad.
    Quiet,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "badge good",
            Self::Busy => "badge busy",
            Self::Waiting => "badge waiting",
            Self::Warning => "badge warning",
            Self::Bad => "badge bad",
            Self::Quiet => "badge quiet",
        }
    }

    const fn shape(self) -> &'static str {
        match self {
            Self::Good => "●",
            Self::Busy => "◐",
            Self::Waiting => "◌",
            Self::Warning => "▲",
            Self::Bad => "✖",
            Self::Quiet => "○",
        }
    }
}

pub(crate) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class=(tone.class()) { span.shape aria-hidden="true" { (tone.shape()) } " " (word) } }
}

/// The badge of a delivery's state.
pub(crate) fn of_state(state: State, lang: Lang) -> Markup {
    badge(tone(state), word(state, lang))
}

pub(crate) const fn tone(state: State) -> Tone {
    match state {
        State::Sending => Tone::Busy,
        State::Waiting => Tone::Waiting,
        State::Sent | State::Captured | State::Delivered => Tone::Good,
        State::Dead | State::Bounced => Tone::Bad,
        State::Held => Tone::Warning,
        State::Expired | State::Suppressed | State::Cancelled | State::FellBack => Tone::Quiet,
    }
}

pub(crate) fn word(state: State, lang: Lang) -> &'static str {
    let words = &lang.words().states;
    match state {
        State::Sending => words.sending,
        State::Waiting => words.waiting,
        State::Sent => words.sent,
        State::Captured => words.captured,
        State::Dead => words.dead,
        State::Held => words.held,
        State::Expired => words.expired,
        State::Suppressed => words.suppressed,
        State::Cancelled => words.cancelled,
        State::FellBack => words.fell_back,
        State::Delivered => words.delivered,
        State::Bounced => words.bounced,
    }
}
