//! The words of the page in each of its languages.

use axum::http::HeaderMap;

use crate::page::is_spanish;

/// The words in one language. What stands in braces is filled in.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    /// The headings once it is no question any more: `{choice}` was decided, nothing was, or the answer is on its way.
    pub(super) decided_title: &'static str,
    pub(super) undecided_title: &'static str,
    pub(super) received_title: &'static str,
    /// The headings of a link that leads to no question, and of what does not work.
    pub(super) unknown_title: &'static str,
    pub(super) unavailable_title: &'static str,
    /// `{by}` has asked.
    pub(super) asked_by: &'static str,
    /// `{until}` is when it ends.
    pub(super) ends: &'static str,
    /// `{choice}` is their own.
    pub(super) answered: &'static str,
    /// `{answered}` of `{quorum}` have answered.
    pub(super) awaited: &'static str,
    pub(super) may_change: &'static str,
    /// Who has asked may not answer.
    pub(super) is_own: &'static str,
    /// Answered, and no choice has the quorum.
    pub(super) undecided: &'static str,
    pub(super) expired: &'static str,
    pub(super) cancelled: &'static str,
    /// Who looks, in the place of `{by}`.
    pub(super) you: &'static str,
    /// `{by}` has ended it, `{at}` is when.
    pub(super) ended_by: &'static str,
    pub(super) ended_at: &'static str,
    pub(super) late: &'static str,
    /// The broker has the answer, and the ledger does not show it yet.
    pub(super) received: &'static str,
    pub(super) unknown: &'static str,
    pub(super) no_choice: &'static str,
    pub(super) unknown_choice: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) unavailable: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    title: "A question for you",
    decided_title: "It is decided: {choice}",
    undecided_title: "Nothing was decided",
    received_title: "Your answer was received",
    unknown_title: "This link leads to no question",
    unavailable_title: "Not at the moment",
    asked_by: "Asked by {by}.",
    ends: "Open until {until}.",
    answered: "You have answered: {choice}.",
    awaited: "{answered} have answered; {quorum} must agree.",
    may_change: "You may still change your answer:",
    is_own: "You have asked this yourself: others decide.",
    undecided: "It has ended without a choice that enough have agreed on.",
    expired: "Its time is over.",
    cancelled: "The question was taken back.",
    you: "you",
    ended_by: "By {by}, at {at}.",
    ended_at: "At {at}.",
    late: "Your answer came when it had ended, and has changed nothing.",
    received: "Open this page again to see what became of it.",
    unknown: "This link is not complete, or it is not one of ours. Nothing was decided.",
    no_choice: "No answer was chosen. Nothing was decided: open the link again.",
    unknown_choice: "There is no such answer to this question. Nothing was decided: open the link again.",
    unreadable: "What was sent cannot be read. Nothing was decided: open the link again.",
    unavailable: "This does not work at the moment, and nothing was decided. Try again in a while.",
};

static SPANISH: Words = Words {
    language: "es",
    title: "Una pregunta para ti",
    decided_title: "Está decidido: {choice}",
    undecided_title: "No se ha decidido nada",
    received_title: "Hemos recibido tu respuesta",
    unknown_title: "Este enlace no lleva a ninguna pregunta",
    unavailable_title: "Ahora mismo no",
    asked_by: "Lo pide {by}.",
    ends: "Abierta hasta {until}.",
    answered: "Has respondido: {choice}.",
    awaited: "Han respondido {answered}; hacen falta {quorum} de acuerdo.",
    may_change: "Todavía puedes cambiar tu respuesta:",
    is_own: "Has hecho esta pregunta tú: deciden los demás.",
    undecided: "Ha terminado sin una respuesta en la que coincidan los que hacen falta.",
    expired: "Se ha acabado el plazo.",
    cancelled: "La pregunta se ha retirado.",
    you: "ti",
    ended_by: "Por {by}, el {at}.",
    ended_at: "El {at}.",
    late: "Tu respuesta llegó cuando ya había terminado y no ha cambiado nada.",
    received: "Abre de nuevo esta página para ver qué ha sido de ella.",
    unknown: "Este enlace no está completo o no es nuestro. No se ha decidido nada.",
    no_choice: "No se ha elegido ninguna respuesta. No se ha decidido nada: abre de nuevo el enlace.",
    unknown_choice: "Esta pregunta no tiene esa respuesta. No se ha decidido nada: abre de nuevo el enlace.",
    unreadable: "No se puede leer lo que se ha enviado. No se ha decidido nada: abre de nuevo el enlace.",
    unavailable: "Ahora mismo no funciona y no se ha decidido nada. Inténtalo de nuevo dentro de un rato.",
};

/// The words for a browser that has followed a link of a message in this locale.
pub(super) fn spoken_by(headers: &HeaderMap, locale: &str) -> &'static Words {
    if is_spanish(headers, locale) { &SPANISH } else { &ENGLISH }
}
