//! What people are told who type commands, in Spanish or in English.

use domain::{
    Action, Argument, ArgumentKind, AskChoice, Command, CommandState, InvalidLine, Registry, Service, Tenant,
    Unresolved, printable,
};
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

/// What somebody may have done, service by service: they are these names in each of these tenants.
pub fn help(services: &Registry, people: &[(&Tenant, Vec<&str>)], locale: Option<&str>) -> String {
    let is_spanish = is_spanish(locale);
    let mut lines = Vec::new();
    for (tenant, who) in people {
        let of = if people.len() > 1 { format!("{tenant}/") } else { String::new() };
        for service in services.of(tenant, who) {
            lines.extend(lines_of(service, who, &of, is_spanish));
        }
    }
    match (lines.is_empty(), is_spanish) {
        (true, true) => "No hay nada que puedas pedir.".to_owned(),
        (true, false) => "There is nothing that you may ask for.".to_owned(),
        (false, true) => format!("Puedes pedir:\n{}", lines.join("\n")),
        (false, false) => format!("You may ask for:\n{}", lines.join("\n")),
    }
}

/// What somebody may have a service do, an action a line.
fn lines_of(service: &Service, who: &[&str], of: &str, is_spanish: bool) -> Vec<String> {
    let allowed = service.actions.iter().filter(|(_, action)| service.may(action, who));
    let line = |(name, action): (&String, &Action)| {
        let shown = action.schema.arguments.iter().map(|argument| {
            let value = format!("{}={}", argument.name, value_of(argument, is_spanish));
            if argument.is_required { value } else { format!("[{value}]") }
        });
        let line = [format!("/cmd {of}{}.{name}", service.name)].into_iter().chain(shown).collect::<Vec<_>>().join(" ");
        let asked = if is_spanish { " (se confirma)" } else { " (is confirmed)" };
        format!("{line}{}", if service.confirms(action) { asked } else { "" })
    };
    allowed.map(line).collect()
}

/// Why a command is not done that somebody may have done in each of these tenants, at least two: nobody guesses for which.
pub fn which_tenant(tenants: &[&Tenant], what: &str, locale: Option<&str>) -> String {
    let (all, first) = (listed(tenants), tenants.first().map_or("", |tenant| tenant.as_str()));
    let is_spanish = is_spanish(locale);
    let why = match is_spanish {
        true => format!("puede ser para {all}: escribe /cmd {first}/{what}"),
        false => format!("it may be for {all}: write /cmd {first}/{what}"),
    };
    not_done(&why, is_spanish)
}

/// Why a command is not done for a tenant of which somebody is nobody; they are somebody of these. `meant` is the command that
/// they may have meant.
pub fn of_no_such_tenant(named: &str, tenants: &[&Tenant], meant: Option<&str>, locale: Option<&str>) -> String {
    let (named, all, is_spanish) = (printable(named), listed(tenants), is_spanish(locale));
    let meant = meant.map(printable);
    let why = match (is_spanish, meant) {
        (true, Some(meant)) => format!("no eres de {named}; eres de {all}; ¿querías decir {meant}?"),
        (true, None) => format!("no eres de {named}; eres de {all}"),
        (false, Some(meant)) => format!("you are not of {named}; you are of {all}; do you mean {meant}?"),
        (false, None) => format!("you are not of {named}; you are of {all}"),
    };
    not_done(&why, is_spanish)
}

/// Why a word is no command, with the one that may have been meant.
pub fn no_such_command(name: &str, meant: Option<&str>, locale: Option<&str>) -> String {
    let (name, is_spanish) = (printable(name), is_spanish(locale));
    let why = match (is_spanish, meant) {
        (true, Some(meant)) => format!("no hay ningún comando {name}; ¿querías decir {meant}?"),
        (true, None) => format!("no hay ningún comando {name}"),
        (false, Some(meant)) => format!("there is no command {name}; do you mean {meant}?"),
        (false, None) => format!("there is no command {name}"),
    };
    not_done(&why, is_spanish)
}

fn listed(tenants: &[&Tenant]) -> String {
    tenants.iter().map(|tenant| tenant.as_str()).collect::<Vec<_>>().join(", ")
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
        Unresolved::NobodyConfirms { service, by } => {
            format!("{service} no nombra a quién confirma, y {} no es ningún contacto", printable(by))
        }
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

/// What stands for a value in the list of what there is: the values themselves, where there are no others.
fn value_of(argument: &Argument, is_spanish: bool) -> String {
    if argument.one_of.is_empty() {
        return kind(argument.kind, is_spanish).to_owned();
    }
    let typed = |value: &Value| match value {
        Value::String(text) if !text.is_empty() && !text.contains(char::is_whitespace) => printable(text).into_owned(),
        other => printable(&other.to_string()).into_owned(),
    };
    argument.one_of.iter().map(typed).collect::<Vec<_>>().join("|")
}

/// What stands for any value of a kind.
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
