//! What somebody meant by an option of `chasqui send` that there is not, and by a word that is no option's.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use domain::{Defaults, Draft, FIELDS, Meant, nearest_of_few};
use serde_json::{Map, Value};

/// The options whose text may begin with a hyphen, so that an option behind them is taken for their text.
const TEXTS: [&str; 3] = ["--to", "--subject", "--message"];

/// Adds to an error of the command line what was meant. `options` are those that there are.
pub(super) fn explain(error: &mut clap::Error, words: &[OsString], options: &[String]) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return };
    let tip = match wrong.strip_prefix('-') {
        Some(name) => of_option(name.trim_start_matches('-'), options),
        None => Some(of_word(wrong, words, options)),
    };
    if let Some(tip) = tip {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(&tip)]));
    }
}

/// The option that gives a field of the body.
pub(super) fn option_of_field(field: &str) -> String {
    match field {
        "destination" => "--to".to_owned(),
        "ttl_seconds" => "--ttl".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    }
}

/// Why a text is most likely an option that was taken for one. A text of several words is a text.
pub(super) fn taken_for_a_text(text: &str, options: &[String]) -> Option<String> {
    let name = text.strip_prefix("--")?.split('=').next().filter(|name| !name.is_empty())?;
    if options.iter().any(|option| option.trim_start_matches('-') == name) {
        return Some("another option follows it".into());
    }
    let is_word = !text.contains(char::is_whitespace);
    let near = nearest_of_few(name, options.iter().map(String::as_str)).filter(|_| is_word);
    near.map(|near| format!("what follows it is nearly the option {near}"))
}

/// What is to be given instead of an option, by what the names of fields are known to stand for.
fn of_option(name: &str, options: &[String]) -> Option<String> {
    let name = name.replace('-', "_");
    let field = FIELDS.into_iter().find(|field| *field == name);
    match field.map_or_else(|| meant(&name), Meant::Ours) {
        // Every program may be asked for its version.
        Meant::Ours("version") => None,
        Meant::Ours(field) => {
            let option = option_of_field(field);
            Some(if options.contains(&option) {
                format!("did you mean {option}?")
            } else {
                format!("no option gives {field}: publish a body that has it, such as with POST /notify")
            })
        }
        Meant::Instead(way) => Some(way.to_owned()),
        Meant::OfTheWhole(_) | Meant::Misread(_) | Meant::Foreign => None,
    }
}

/// What a body's reader would say of a field of this name.
fn meant(name: &str) -> Meant {
    let body = Map::from_iter([(name.to_owned(), Value::Bool(true))]);
    let draft = Draft::of(body, &Defaults { channel: None });
    draft.unknown.first().map_or(Meant::Foreign, |unknown| unknown.meant)
}

/// Why a word belongs to no option.
fn of_word(wrong: &str, words: &[OsString], options: &[String]) -> String {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let at = words.iter().rposition(|word| *word == wrong).unwrap_or(0);
    let named = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    if let [.., forgotten, option] = &words[..at]
        && TEXTS.contains(forgotten)
        && options.contains(&named(option))
    {
        return format!("{forgotten} has no text: {} follows it", named(option));
    }
    let option = words[..at].iter().rev().find(|word| word.starts_with("--"));
    let option = option.map_or_else(|| "--message".to_owned(), |option| named(option));
    format!("a text of several words stands between quotes: {option} '…'")
}
