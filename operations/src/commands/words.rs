//! What people are told who type commands, in Spanish or in English.

use domain::{ArgumentKind, AskChoice, Command, CommandState, InvalidLine, Registry, Tenant, Unresolved, printable};
use serde_json::{Map, Value};

use super::faults::said;

/// What stands around the name of an action where somebody is asked whether it is to be done.
const IN_SPANISH: (&str, &str) = ("¿Hacer ", "?");
const IN_ENGLISH: (&str, &str) = ("Do ", "?");

/// Whether somebody is told in Spanish.
fn is_spanish(locale: Option<&str>) -> bool {
    locale
        .and_then(|locale| locale.split(['-', '_']).next())
        .is_some_and(|language| language.eq_ignore_ascii_case("es"))
}

/// What those are asked who confirm a command: all of it, an argument a line, and texts in quotes, so that none of them reads
/// like another argument or like our own words. Who asks for it stands beside the question wherever it is shown. One that is
/// too long to be asked is not done, for nobody may confirm what they cannot read.
pub fn question(command: &Command, locale: Option<&str>) -> String {
    let arguments: Map<String, Value> = serde_json::from_str(&command.arguments).unwrap_or_default();
    let what = format!("{}.{}", command.service, command.action);
    let asked = asked(&what, is_spanish(locale));
    // As JSON a text has no line of its own, and what turns the direction of text is shown as what it is.
    let shown =
        arguments.iter().map(|(name, value)| format!("{} = {}", printable(name), printable(&value.to_string())));
    std::iter::once(asked).chain(shown).collect::<Vec<_>>().join("\n")
}

/// The first line of what those are asked who confirm a command.
fn asked(what: &str, is_spanish: bool) -> String {
    let (before, after) = if is_spanish { IN_SPANISH } else { IN_ENGLISH };
    format!("{before}{what}{after}")
}

/// What [`question`] has made, for somebody of another language than whoever has asked for the command.
pub(crate) fn question_in(question: &str, is_spanish: bool) -> String {
    let (first, rest) = question.split_at(question.find('\n').unwrap_or(question.len()));
    let what = [IN_SPANISH, IN_ENGLISH]
        .into_iter()
        .find_map(|(before, after)| first.strip_prefix(before)?.strip_suffix(after));
    what.map_or_else(|| question.to_owned(), |what| asked(what, is_spanish) + rest)
}

/// The answers to it, of which the first confirms.
pub fn yes_and_no(locale: Option<&str>) -> [AskChoice; 2] {
    let yes = if is_spanish(locale) { "Sí" } else { "Yes" };
    [("yes", yes, false), ("no", "No", true)].map(|(id, label, refuses)| AskChoice {
        id: id.to_owned(),
        label: label.to_owned(),
        refuses,
    })
}

/// What whoever has typed a command is told at once.
pub fn accepted(command: &Command, locale: Option<&str>) -> String {
    let what = format!("{}.{}", command.service, command.action);
    match (command.state, is_spanish(locale)) {
        (CommandState::PendingConfirmation, true) => format!("{what} espera la confirmación."),
        (CommandState::PendingConfirmation, false) => format!("{what} waits for its confirmation."),
        (_, true) => format!("{what} está en camino."),
        (_, false) => format!("{what} is on its way."),
    }
}

/// What somebody may have done, service by service.
pub fn help(services: &Registry, tenant: &Tenant, who: &[&str], locale: Option<&str>) -> String {
    let is_spanish = is_spanish(locale);
    let mut lines = Vec::new();
    for service in services.of(tenant, who) {
        for (name, action) in service.actions.iter().filter(|(_, action)| service.may(action, who)) {
            let shown = action.schema.arguments.iter().map(|argument| {
                let value = format!("{}={}", argument.name, kind(argument.kind, is_spanish));
                if argument.is_required { value } else { format!("[{value}]") }
            });
            let line = [format!("/cmd {}.{name}", service.name)].into_iter().chain(shown).collect::<Vec<_>>().join(" ");
            let asked = if is_spanish { " (se confirma)" } else { " (is confirmed)" };
            lines.push(format!("{line}{}", if service.confirms(action) { asked } else { "" }));
        }
    }
    match (lines.is_empty(), is_spanish) {
        (true, true) => "No hay nada que puedas pedir.".to_owned(),
        (true, false) => "There is nothing that you may have done.".to_owned(),
        (false, true) => format!("Puedes pedir:\n{}", lines.join("\n")),
        (false, false) => format!("You may have done:\n{}", lines.join("\n")),
    }
}

/// Why a command is not done.
pub fn refusal(unresolved: &Unresolved, locale: Option<&str>) -> String {
    if !is_spanish(locale) {
        return not_done(&refusal_in_english(unresolved), false);
    }
    let hint = |meant: Option<&str>, known: &[String]| match (meant, known.join(", ")) {
        (_, known) if known.is_empty() => "; no hay ninguno".to_owned(),
        (Some(meant), known) => format!("; ¿querías decir {meant}? Hay {known}"),
        (None, known) => format!("; hay {known}"),
    };
    let why = match unresolved {
        Unresolved::UnknownService { name, meant, known } => {
            format!("no hay ningún servicio {}{}", printable(name), hint(meant.as_deref(), known))
        }
        Unresolved::UnknownAction { service, name, meant, known } => {
            format!("{service} no tiene la acción {}{}", printable(name), hint(meant.as_deref(), known))
        }
        Unresolved::NoAction { service, known } => {
            format!("falta la acción de {service}; tiene {}", known.join(", "))
        }
        Unresolved::Forbidden { service, action } => format!("no puedes pedir {service}.{}", printable(action)),
        Unresolved::Arguments(faults) => said(faults, true),
    };
    not_done(&why, true)
}

fn refusal_in_english(unresolved: &Unresolved) -> String {
    match unresolved {
        Unresolved::Arguments(faults) => said(faults, false),
        other => other.to_string(),
    }
}

/// A reason may end with a mark of its own.
fn not_done(why: &str, is_spanish: bool) -> String {
    let before = if is_spanish { "No se hizo" } else { "Not done" };
    format!("{before}: {why}{}", if why.ends_with('?') { "" } else { "." })
}

/// What stands for a value in the list of what there is.
const fn kind(kind: ArgumentKind, is_spanish: bool) -> &'static str {
    match (kind, is_spanish) {
        (ArgumentKind::Text, true) => "texto",
        (ArgumentKind::Text, false) => "text",
        (ArgumentKind::Integer, true) => "entero",
        (ArgumentKind::Number, true) => "número",
        (ArgumentKind::Integer, false) => "integer",
        (ArgumentKind::Number, false) => "number",
        // It is typed as it stands here.
        (ArgumentKind::Boolean, _) => "true|false",
    }
}

/// Why a line is no command.
pub fn rejected_line(invalid: &InvalidLine, locale: Option<&str>) -> String {
    match (invalid, is_spanish(locale)) {
        (InvalidLine::NoCommand, true) => {
            "Escribe /cmd servicio.acción nombre=valor; /help dice lo que hay.".to_owned()
        }
        (InvalidLine::NoCommand, false) => "Write /cmd service.action name=value; /help says what there is.".to_owned(),
        (InvalidLine::TooLong, true) => "Es demasiado largo.".to_owned(),
        (InvalidLine::TooLong, false) => "It is too long.".to_owned(),
        (InvalidLine::Arguments(faults), is_spanish) => not_done(&said(faults, is_spanish), is_spanish),
    }
}
