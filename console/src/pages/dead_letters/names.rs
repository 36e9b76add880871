//! What things are called on the pages about dead letters: actions, lives of groups, states of jobs and of their letters.

use maud::Markup;
use store::{JobState, LetterAction, Life};

use crate::pieces::badge::{Tone, badge};
use crate::words::Lang;

pub(crate) const LIVES: [Life; 5] = [Life::Open, Life::Acknowledged, Life::Replayed, Life::Resolved, Life::Regressed];
pub(crate) const STATES: [JobState; 5] =
    [JobState::Planned, JobState::Running, JobState::Paused, JobState::Cancelled, JobState::Done];

/// What a job does, as a heading.
pub(crate) fn action(action: LetterAction, lang: Lang) -> &'static str {
    match action {
        LetterAction::Replay => lang.of("Replay", "Reenviar"),
        LetterAction::Drop => lang.of("Drop", "Descartar"),
        LetterAction::Restore => lang.of("Restore", "Restaurar"),
        LetterAction::Redirect => lang.of("Redirect", "Redirigir"),
        LetterAction::Edit => lang.of("Edit and send", "Editar y enviar"),
        LetterAction::Close => lang.of("Close rows without a letter", "Cerrar filas sin carta"),
    }
}

/// What is asked before it is done with so many of them.
pub(crate) fn question(action: LetterAction, letters: u32, lang: Lang) -> String {
    let one_or_more = |one: &'static str, more: &'static str| if letters == 1 { one } else { more };
    match (action, lang) {
        (LetterAction::Close, Lang::En) => {
            format!("Close {letters} {} without a letter?", one_or_more("delivery", "deliveries"))
        }
        (LetterAction::Close, Lang::Es) => {
            format!("¿Cerrar {letters} {} sin carta?", one_or_more("entrega", "entregas"))
        }
        (_, Lang::En) => format!("{} {letters} {}?", self::action(action, lang), one_or_more("letter", "letters")),
        (_, Lang::Es) => format!("¿{} {letters} {}?", self::action(action, lang), one_or_more("carta", "cartas")),
    }
}

/// By what letters are chosen, as a plan has it. What is not known here stands as it is.
pub(crate) fn selector(name: &str, lang: Lang) -> &str {
    match name {
        "group" => lang.of("group", "grupo"),
        "id" => lang.of("delivery", "entrega"),
        "from" => lang.of("died from", "murió desde"),
        "until" => lang.of("died before", "murió antes de"),
        "recipient" => lang.of("recipient", "destinatario"),
        "recipient_hash" => lang.of("recipient, by hash", "destinatario, por su hash"),
        "channel" => lang.of("channel", "canal"),
        "provider" => lang.of("provider", "proveedor"),
        "reason" => lang.of("reason", "motivo"),
        "code" => lang.of("code", "código"),
        "template" => lang.of("template", "plantilla"),
        "lane" => lang.of("lane", "carril"),
        "job" => lang.of("job", "trabajo"),
        other => other,
    }
}

/// What it means, in one sentence.
pub(crate) fn meaning(action: LetterAction, lang: Lang) -> &'static str {
    match action {
        LetterAction::Replay => lang.of(
            "Each letter is published again to its lane, with a fresh budget.",
            "Cada carta se publica otra vez en su carril, con un presupuesto nuevo.",
        ),
        LetterAction::Drop => lang.of(
            "Each letter is taken out of the queue and kept, so that it can be restored until the retention ends.",
            "Cada carta se saca de la cola y se guarda: se puede restaurar hasta que termine la retención.",
        ),
        LetterAction::Restore => lang.of(
            "Each letter that was taken out is put back into the queue.",
            "Cada carta que se sacó vuelve a la cola.",
        ),
        LetterAction::Redirect => lang.of(
            "Each letter is sent by another channel that reaches people by the same number, or by one provider of its own \
             channel, as a delivery of its own.",
            "Cada carta se envía por otro canal que llega a la gente por el mismo número, o por un solo proveedor de su \
             canal, como una entrega propia.",
        ),
        LetterAction::Edit => lang.of(
            "A corrected letter was sent as a delivery of its own; the letter is taken out of the queue and kept.",
            "Se envió una carta corregida como una entrega propia; la carta se saca de la cola y se guarda.",
        ),
        LetterAction::Close => lang.of(
            "Each delivery that died, and whose letter is not in the queue any more, is ended.",
            "Se termina cada entrega que murió y cuya carta ya no está en la cola.",
        ),
    }
}

pub(crate) fn life(life: Life, lang: Lang) -> Markup {
    let tone = match life {
        Life::Open | Life::Regressed => Tone::Bad,
        Life::Acknowledged => Tone::Warning,
        Life::Replayed => Tone::Busy,
        Life::Resolved => Tone::Good,
    };
    badge(tone, life_word(life, lang))
}

pub(crate) fn life_word(life: Life, lang: Lang) -> &'static str {
    match life {
        Life::Open => lang.of("open", "abierto"),
        Life::Acknowledged => lang.of("looked after", "atendido"),
        Life::Replayed => lang.of("replayed", "reenviado"),
        Life::Resolved => lang.of("resolved", "resuelto"),
        Life::Regressed => lang.of("regressed", "volvió"),
    }
}

pub(crate) fn state(state: JobState, lang: Lang) -> Markup {
    let tone = match state {
        JobState::Planned => Tone::Waiting,
        JobState::Running => Tone::Busy,
        JobState::Paused => Tone::Warning,
        JobState::Cancelled => Tone::Quiet,
        JobState::Done => Tone::Good,
    };
    badge(tone, state_word(state, lang))
}

pub(crate) fn state_word(state: JobState, lang: Lang) -> &'static str {
    match state {
        JobState::Planned => lang.of("planned", "planeado"),
        JobState::Running => lang.of("running", "en marcha"),
        JobState::Paused => lang.of("paused", "en pausa"),
        JobState::Cancelled => lang.of("cancelled", "cancelado"),
        JobState::Done => lang.of("done", "terminado"),
    }
}

/// What became of a letter of a job. A word that a newer version has written stands as it is.
pub(crate) fn outcome(state: &str, job: JobState, lang: Lang) -> &str {
    match (state, job) {
        ("pending", JobState::Cancelled) => lang.of("not begun", "sin empezar"),
        ("pending", _) => lang.of("to be done", "por hacer"),
        ("taken", _) => lang.of("in hand", "en curso"),
        ("done", _) => lang.of("done", "hechas"),
        ("failed", _) => lang.of("failed", "fallidas"),
        ("missing", _) => lang.of("not in the queue", "no están en la cola"),
        ("unclear", _) => lang.of("unclear", "inciertas"),
        ("left_out", _) => lang.of("left out", "excluidas"),
        (other, _) => other,
    }
}

/// Why it became so, in words.
pub(crate) fn why(why: &str, lang: Lang) -> &str {
    match why {
        "expired" => lang.of("it has expired", "venció"),
        "replayed_too_often" => lang.of("it was moved too often already", "ya se movió demasiadas veces"),
        "ended" => lang.of("its delivery has ended", "su entrega terminó"),
        "suppressed" => lang.of("its recipient is not written to", "a su destinatario no se le escribe"),
        "paused" => lang.of("it would wait for a pause", "esperaría una pausa"),
        "breaker_open" => lang.of("its provider takes no messages now", "su proveedor no recibe mensajes ahora"),
        "no_notification" => lang.of("it is no notification", "no es una notificación"),
        "another_address" => lang.of("its channel has other addresses", "su canal tiene otras direcciones"),
        "sent_otherwise" => lang.of("another delivery was sent in its place", "en su lugar se envió otra entrega"),
        "in_another_job" => lang.of("another job has it", "la tiene otro trabajo"),
        "in_the_queue" => lang.of("its letter is in the queue", "su carta está en la cola"),
        "moved_on" => lang.of("its delivery has moved on", "su entrega siguió adelante"),
        "not_in_the_queue" => lang.of("it was not in the queue any more", "ya no estaba en la cola"),
        "interrupted" => lang.of("its scheduler died with it", "su scheduler murió con ella"),
        "too_large" => lang.of("it is larger than the broker takes", "es más grande de lo que acepta el broker"),
        other => other,
    }
}

#[test]
fn what_is_not_known_stands_as_it_is() {
    assert_eq!((outcome("odd", JobState::Done, Lang::Es), why("odd", Lang::En)), ("odd", "odd"));
    assert_eq!((selector("odd", Lang::Es), selector("group", Lang::Es)), ("odd", "grupo"));
    assert_eq!(why("expired", Lang::Es), "venció");
    assert!(LetterAction::ALL.into_iter().all(|one| !meaning(one, Lang::Es).is_empty()));
}

#[test]
fn what_a_cancelled_job_has_not_begun_is_not_to_be_done() {
    assert_eq!(outcome("pending", JobState::Paused, Lang::En), "to be done");
    assert_eq!(outcome("pending", JobState::Cancelled, Lang::En), "not begun");
    assert_eq!(outcome("done", JobState::Cancelled, Lang::Es), "hechas");
}

#[test]
fn what_is_asked_is_a_sentence_of_its_language_for_one_and_for_more() {
    for (action, letters, en, es) in [
        (LetterAction::Replay, 1, "Replay 1 letter?", "¿Reenviar 1 carta?"),
        (LetterAction::Drop, 3, "Drop 3 letters?", "¿Descartar 3 cartas?"),
        (LetterAction::Close, 1, "Close 1 delivery without a letter?", "¿Cerrar 1 entrega sin carta?"),
        (LetterAction::Close, 2, "Close 2 deliveries without a letter?", "¿Cerrar 2 entregas sin carta?"),
    ] {
        assert_eq!((question(action, letters, Lang::En), question(action, letters, Lang::Es)), (en.into(), es.into()));
    }
}
