//! How far a command is, in a word and a shape.

use domain::CommandState;
use maud::Markup;

use crate::pieces::badge::{Tone, badge};
use crate::words::Lang;

pub(super) fn of_state(state: CommandState, lang: Lang) -> Markup {
    badge(tone(state), word(state, lang))
}

const fn tone(state: CommandState) -> Tone {
    match state {
        CommandState::PendingConfirmation => Tone::Waiting,
        CommandState::Dispatched | CommandState::Running => Tone::Busy,
        CommandState::Succeeded => Tone::Good,
        CommandState::Failed => Tone::Bad,
        CommandState::Rejected | CommandState::Expired => Tone::Warning,
    }
}

pub(super) fn word(state: CommandState, lang: Lang) -> &'static str {
    match state {
        CommandState::PendingConfirmation => lang.of("to be confirmed", "por confirmar"),
        CommandState::Dispatched => lang.of("dispatched", "enviado"),
        CommandState::Running => lang.of("running", "en curso"),
        CommandState::Succeeded => lang.of("succeeded", "hecho"),
        CommandState::Failed => lang.of("failed", "falló"),
        CommandState::Rejected => lang.of("rejected", "rechazado"),
        CommandState::Expired => lang.of("expired", "vencido"),
    }
}
