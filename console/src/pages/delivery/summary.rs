//! Where a delivery stands, in one sentence. In English it is the one that programs get.

use domain::Summary;
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
