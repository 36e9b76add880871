//! What people are told who type commands, in Spanish or in English.

use domain::{InvalidLine, Registry, Unresolved, printable};

/// Whether somebody is told in Spanish.
fn is_spanish(locale: Option<&str>) -> bool {
    locale
        .and_then(|locale| locale.split(['-', '_']).next())
        .is_some_and(|language| language.eq_ignore_ascii_case("es"))
}

/// What somebody may have done, service by service.
pub fn help(services: &Registry, who: &[&str], locale: Option<&str>) -> String {
    let is_spanish = is_spanish(locale);
    let mut lines = Vec::new();
    for service in services.of(who) {
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
