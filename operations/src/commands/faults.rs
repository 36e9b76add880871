//! What is wrong with the arguments of a command, as whoever has typed it is told, in Spanish or in English.

use domain::{ArgumentFault, ArgumentWrong};

/// All of it, in one line.
pub(super) fn said(faults: &[ArgumentFault], is_spanish: bool) -> String {
    let one = if is_spanish { in_spanish } else { in_english };
    faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn in_english(fault: &ArgumentFault) -> String {
    match &fault.what {
        ArgumentWrong::TooMany(most) => format!("there are more than {most} arguments"),
        what => format!("{} {what}", fault.shown()),
    }
}

fn in_spanish(fault: &ArgumentFault) -> String {
    let name = fault.shown();
    let characters = |of_text: &bool| if *of_text { " caracteres" } else { "" };
    let must = |of_text: &bool| if *of_text { "debe tener" } else { "debe ser" };
    match &fault.what {
        ArgumentWrong::Missing => format!("falta {name}"),
        ArgumentWrong::Unknown { known, .. } if known.is_empty() => format!("{name} no se conoce: no lleva argumentos"),
        ArgumentWrong::Unknown { meant: Some(meant), .. } => {
            format!("{name} no se conoce: ¿querías decir {meant}?")
        }
        ArgumentWrong::Unknown { meant: None, known } => format!("{name} no se conoce: lleva {}", known.join(", ")),
        ArgumentWrong::NoText => format!("{name} debe ser un texto"),
        ArgumentWrong::NoWholeNumber => format!("{name} debe ser un número entero, como 7"),
        ArgumentWrong::NoNumber => format!("{name} debe ser un número, como 0.5"),
        ArgumentWrong::NoFlag => format!("{name} debe ser true o false"),
        ArgumentWrong::NotOneOf(known) => format!("{name} debe ser uno de {}", known.join(", ")),
        ArgumentWrong::TooLittle { least, of_text } => {
            format!("{name} {} al menos {least}{}", must(of_text), characters(of_text))
        }
        ArgumentWrong::TooMuch { greatest, of_text } => {
            format!("{name} {} como mucho {greatest}{}", must(of_text), characters(of_text))
        }
        ArgumentWrong::HasNul => format!("{name} no puede contener el carácter U+0000"),
        ArgumentWrong::NoValue => {
            format!("{name} no tiene valor: escribe nombre=valor, y entre comillas un valor con espacios")
        }
        ArgumentWrong::Unclosed => format!("a {name} le falta la comilla de cierre"),
        ArgumentWrong::BehindItsQuote => format!("{name} sigue después de la comilla de cierre"),
        ArgumentWrong::Backslash => {
            format!("{name} tiene una barra invertida delante de algo que no es una comilla ni otra barra invertida")
        }
        ArgumentWrong::NoName => format!("{name} no es nombre de ningún argumento"),
        ArgumentWrong::Twice => format!("{name} aparece dos veces"),
        ArgumentWrong::TooMany(most) => format!("hay más de {most} argumentos"),
    }
}
