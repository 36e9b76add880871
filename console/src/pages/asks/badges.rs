//! How a question stands and what it is for, in words and shapes.

use domain::{Ask, AskKind, AskState};
use maud::{Markup, html};

use super::said::label;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::facts::cut;
use crate::words::Lang;

/// How much of a label stands beside a state, in characters.
const LABEL_CHARS: usize = 40;

/// How it stands, with what was decided.
pub(super) fn of_ask(ask: &Ask, lang: Lang) -> Markup {
    let answered = ask.end.as_ref().filter(|end| end.state == AskState::Answered);
    let nothing = lang.of("nothing can be decided any more", "ya no se puede decidir nada");
    let decided = answered.map(|end| end.choice.as_deref().map_or(nothing, |choice| label(ask, choice)));
    html! { (of_state(ask.state(), lang)) @if let Some(decided) = decided { ": " (cut(decided, LABEL_CHARS)) } }
}

pub(super) fn of_state(state: AskState, lang: Lang) -> Markup {
    badge(tone(state), word(state, lang))
}

const fn tone(state: AskState) -> Tone {
    match state {
        AskState::Open => Tone::Waiting,
        AskState::Answered => Tone::Good,
        AskState::Expired => Tone::Warning,
        AskState::Cancelled => Tone::Quiet,
    }
}

pub(crate) fn word(state: AskState, lang: Lang) -> &'static str {
    match state {
        AskState::Open => lang.of("open", "abierta"),
        AskState::Answered => lang.of("answered", "respondida"),
        AskState::Expired => lang.of("expired", "vencida"),
        AskState::Cancelled => lang.of("taken back", "retirada"),
    }
}

pub(super) fn of_kind(kind: AskKind, lang: Lang) -> &'static str {
    match kind {
        AskKind::Confirm => lang.of("question", "pregunta"),
        AskKind::Verify => lang.of("verification", "verificación"),
        AskKind::Command => lang.of("command", "comando"),
        AskKind::OptIn => lang.of("opt-in", "consentimiento"),
    }
}
