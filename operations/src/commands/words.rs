//! What people are told who type commands, in Spanish or in English.

use domain::{AskChoice, Command, CommandState, InvalidLine, Registry, Tenant, Unresolved, printable};
use serde_json::{Map, Value};

/// Whether somebody is told in Spanish.
fn is_spanish(locale: Option<&str>) -> bool {
    locale
        .and_then(|locale| locale.split(['-', '_']).next())
        .is_some_and(|language| language.eq_ignore_ascii_case("es"))
}

/// What those are asked who confirm a command: all of it. One that is too long to be asked is not done, for nobody may confirm
/// what they cannot read.
pub fn question(command: &Command, locale: Option<&str>) -> String {
    let arguments: Map<String, Value> = serde_json::from_str(&command.arguments).unwrap_or_default();
    let shown = arguments.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!(" {name}={}", printable(text)),
        None => format!(" {name}={value}"),
    });
    let what = format!("{}.{}{}", command.service, command.action, shown.collect::<String>());
    if is_spanish(locale) {
        format!("¿Hacer {what}? Lo pide {}.", printable(&command.requested_by))
    } else {
        format!("Do {what}? {} asks for it.", printable(&command.requested_by))
    }
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
                let value = format!("{}={}", argument.name, argument.kind);
                if argument.is_required { value } else { format!("[{value}]") }
            });
            let line = [format!("/cmd {}.{name}", service.name)].into_iter().chain(shown).collect::<Vec<_>>().join(" ");
            let asked = if is_spanish { " (se confirma)" } else { " (is confirmed)" };
            lines.push(format!("{line}{}", if service.confirms(action) { asked } else { "" }));
        }
    }
    match (lines.is_empty(), is_spanish) {
        (true, true) => "No hay nada que pueda pedir.".to_owned(),
        (true, false) => "There is nothing that you may have done.".to_owned(),
        (false, true) => format!("Puede pedir:\n{}", lines.join("\n")),
        (false, false) => format!("You may have done:\n{}", lines.join("\n")),
    }
}

/// Why a command is not done.
pub fn refusal(unresolved: &Unresolved, locale: Option<&str>) -> String {
    if !is_spanish(locale) {
        return format!("Not done: {unresolved}.");
    }
    let hint = |meant: Option<&str>, known: &[String]| match (meant, known.join(", ")) {
        (_, known) if known.is_empty() => "; no hay ninguno".to_owned(),
        (Some(meant), known) => format!("; ¿quiso decir {meant}? Hay {known}"),
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
        Unresolved::Forbidden { service, action } => format!("no puede pedir {service}.{}", printable(action)),
        Unresolved::Arguments(_) => unresolved.to_string(),
    };
    format!("No se hizo: {why}.")
}

/// Why a line is no command.
pub fn rejected_line(invalid: &InvalidLine, locale: Option<&str>) -> String {
    match (invalid, is_spanish(locale)) {
        (InvalidLine::NoCommand, true) => {
            "Escriba /cmd servicio.acción nombre=valor; /help dice lo que hay.".to_owned()
        }
        (InvalidLine::NoCommand, false) => "Write /cmd service.action name=value; /help says what there is.".to_owned(),
        (InvalidLine::TooLong, true) => "Es demasiado largo.".to_owned(),
        (InvalidLine::TooLong, false) => "It is too long.".to_owned(),
        (InvalidLine::Arguments(_), true) => format!("No se hizo: {invalid}."),
        (InvalidLine::Arguments(_), false) => format!("Not done: {invalid}."),
    }
}
