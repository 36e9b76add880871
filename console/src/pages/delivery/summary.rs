//! Where a delivery stands, in one sentence. In English it is the one that programs get.

use domain::{Summary, Whereabouts};
use maud::Markup;

use crate::pieces::sentence::sentence_of;
use crate::words::Lang;

pub(crate) fn summary_of(summary: &Summary, lang: Lang) -> Markup {
    match lang {
        Lang::En => sentence_of(&summary.to_string()),
        Lang::Es => sentence_of(&in_spanish(summary)),
    }
}

/// Instants are written as [`sentence_of`] finds them.
fn in_spanish(summary: &Summary) -> String {
    match summary {
        Summary::Sending { since } => format!("Un worker la tiene desde el {since} y la está enviando."),
        Summary::Abandoned { at } => format!(
            "Un worker la tomó el {at} y se detuvo antes de anotar una respuesta; la próxima copia sigue con ella."
        ),
        Summary::InRetryQueue { tier, due } => format!("Espera en la cola de reintento {tier} hasta el {due}."),
        Summary::WithScheduler { due } => format!("Espera con el scheduler hasta el {due}."),
        Summary::InItsLane => "Volvió a su carril y espera a un worker.".to_owned(),
        Summary::Sent { by, at } => format!("{} la aceptó el {at}.", carrier(by.as_deref())),
        Summary::FannedOut { at } => format!("Pasó el {at} a los miembros de su tema."),
        Summary::Captured { at } => format!("Se guardó el {at} en lugar de enviarse."),
        Summary::Dead { at } => format!("Falló definitivamente el {at} y está en la cola de cartas muertas."),
        Summary::Held { since } => {
            format!("Quizá salió; está retenida en la cola de cartas muertas desde el {since}.")
        }
        Summary::LetterTaken { is_held, at, letter } => {
            let stands = if *is_held { "Quizá salió, y se retuvo el" } else { "Falló definitivamente el" };
            format!("{stands} {at}{}.", where_in_spanish(letter))
        }
        Summary::Expired { at } => format!("Su plazo ya había pasado el {at}: no se envió más."),
        Summary::Suppressed => "Su destinatario está en la lista de supresiones: no se envió nada.".to_owned(),
        Summary::Cancelled { at } => format!("Se canceló el {at}."),
        Summary::FellBack { at } => format!("Pasó a su alternativa el {at}."),
        Summary::Posted { at } => format!("Está en la bandeja de su usuario desde el {at}."),
        Summary::Delivered { by } => format!("{} informa que llegó.", carrier(by.as_deref())),
        Summary::Bounced { by } => format!("{} informa que rebotó.", carrier(by.as_deref())),
        Summary::OnlyALetter { since } => {
            format!(
                "No se conoce ninguna entrega con este id: su carta está en la cola de cartas muertas desde el {since}."
            )
        }
        Summary::OnlyAKeptLetter { at } => format!(
            "No se conoce ninguna entrega con este id: su carta se sacó de la cola de cartas muertas el {at}, y se guarda."
        ),
    }
}

fn where_in_spanish(letter: &Whereabouts) -> String {
    match letter {
        Whereabouts::Replaced { id, at } => format!(", y en su lugar se envió `{id}` el {at}"),
        Whereabouts::Kept { at } => format!(", y su carta se sacó de la cola de cartas muertas el {at}, y se guarda"),
        Whereabouts::InJob { job } => format!(", y el trabajo `{job}` tiene su carta"),
        Whereabouts::Moved { at } => {
            format!(", y se devolvió a su carril el {at}: ningún worker la tomó de ahí todavía")
        }
        Whereabouts::Missing { read_at } => {
            format!(", y su carta no estaba en la cola de cartas muertas cuando se leyó el {read_at}")
        }
    }
}

fn carrier(by: Option<&str>) -> &str {
    by.unwrap_or("Su proveedor")
}

#[test]
fn where_it_stands_is_told_in_both_languages_with_its_instant() {
    let due = testkit::NOW;
    let told = |lang| summary_of(&Summary::InRetryQueue { tier: 2, due }, lang).into_string();
    let time = crate::pieces::time::instant(due).into_string();
    assert_eq!(told(Lang::En), format!("It waits in retry queue 2 until {time}."));
    assert_eq!(told(Lang::Es), format!("Espera en la cola de reintento 2 hasta el {time}."));
    let by = Some("<smtp>".to_owned());
    assert_eq!(summary_of(&Summary::Bounced { by }, Lang::Es).into_string(), "&lt;smtp&gt; informa que rebotó.");
}

#[test]
fn what_was_done_with_a_letter_is_told_in_both_languages() {
    let at = testkit::NOW;
    let told = |is_held, letter: Whereabouts, lang| {
        summary_of(&Summary::LetterTaken { is_held, at, letter }, lang).into_string()
    };
    let time = crate::pieces::time::instant(at).into_string();
    let kept = || Whereabouts::Kept { at };
    let expected = format!(
        "Falló definitivamente el {time}, y su carta se sacó de la cola de cartas muertas el {time}, y se guarda."
    );
    assert_eq!(told(false, kept(), Lang::Es), expected);
    let expected = format!(
        "It may have gone out, and was held at {time}, and its letter was taken out of the dead-letter queue at {time}, and is \
         kept."
    );
    assert_eq!(told(true, kept(), Lang::En), expected);
    for letter in [
        Whereabouts::Replaced { id: "new".into(), at },
        Whereabouts::InJob { job: "j-1".into() },
        Whereabouts::Moved { at },
        Whereabouts::Missing { read_at: at },
    ] {
        let (english, spanish) = (told(false, letter.clone(), Lang::En), told(false, letter, Lang::Es));
        assert!(english.contains("It failed for good at") && spanish.contains("Falló definitivamente el"), "{english}");
        assert!(!spanish.contains(" letter") && !spanish.contains(" lane"), "{spanish}");
    }
}
