//! A question in the words of whoever reads it: yes and no in their language, and people by what they are called. Rows, events
//! and the journal have ids, and the words of whoever has asked.

use domain::{Ask, AskChoice, AskKind, mask};

use crate::allowed::ADMINISTRATOR;
use crate::commands::question_in;

/// With this begin the names of whoever runs a command beside the ledger.
const OPERATOR: &str = "command line:";
/// What stands behind it where nothing says more than a number.
const BY_NUMBER: &str = "uid ";
/// The ids and the labels of the choices of a question that has none of its own, in each language.
const YES: (&str, [&str; 2]) = ("yes", ["Yes", "Sí"]);
const NO: (&str, &str) = ("no", "No");

/// What people call somebody who has asked, answered or taken a question back.
pub fn called(ask: &Ask, id: &str, locale: Option<&str>) -> String {
    ask.names.get(id).cloned().unwrap_or_else(|| unnamed(id, locale))
}

/// The same of somebody whom no question names.
pub fn unnamed(id: &str, locale: Option<&str>) -> String {
    let own = || id.to_owned();
    match (id.strip_prefix(OPERATOR), id.strip_prefix(ADMINISTRATOR)) {
        (Some(name), _) if !name.starts_with(BY_NUMBER) => name.to_owned(),
        (Some(_), _) if is_spanish(locale) == Some(true) => "un operador".to_owned(),
        (Some(_), _) => "an operator".to_owned(),
        // Of a short number the mask shows nothing, and nobody would know one administrator from another.
        (None, Some(number)) => {
            Some(mask(number)).filter(|mask| !mask.trim_matches('*').is_empty()).unwrap_or_else(own)
        }
        (None, None) => own(),
    }
}

/// Whether this is somebody who runs commands beside the ledger.
pub fn is_operator(id: &str) -> bool {
    id.starts_with(OPERATOR)
}

/// The same question for somebody of this language: choices that are our own, and what is asked about a command. Its other
/// words are those of whoever has asked.
pub fn spoken(ask: &Ask, locale: Option<&str>) -> Ask {
    let mut spoken = ask.clone();
    let Some(is_spanish) = is_spanish(locale) else { return spoken };
    if ask.kind == AskKind::Command {
        spoken.question = question_in(&ask.question, is_spanish);
    }
    if let [yes, no] = spoken.choices.as_mut_slice()
        && is_yes(yes)
        && (no.id.as_str(), no.label.as_str()) == NO
    {
        yes.label = YES.1[usize::from(is_spanish)].to_owned();
    }
    spoken
}

fn is_yes(choice: &AskChoice) -> bool {
    choice.id == YES.0 && YES.1.contains(&choice.label.as_str())
}

/// None for a language in which we have no words.
fn is_spanish(locale: Option<&str>) -> Option<bool> {
    let language = locale?.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match language.as_str() {
        "es" => Some(true),
        "en" => Some(false),
        _ => None,
    }
}
