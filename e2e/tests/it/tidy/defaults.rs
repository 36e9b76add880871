//! A default stands in `config.default.toml` and nowhere else. Where a page tells one as well, it is the same.
//!
//! The template of the environment and the tables of settings are compared by `chasqui`'s own tests.

use std::collections::BTreeSet;

use chasqui::config::REFERENCE;

use super::map::pages_of_today;
use super::{read, sources};

/// What stands in for a value that was not given, and is no default.
const STAND_INS: [(&str, &str); 4] = [
    ("API_LISTEN", "one that was refused"),
    ("RABBITMQ_PASSWORD", "RabbitMQ's own, where a host is given and nobody to log in as"),
    ("RABBITMQ_USERNAME", "as its password"),
    ("RABBITMQ_VHOST", "where only a host is given"),
];

#[test]
fn no_reader_of_a_setting_has_a_default_of_its_own() {
    let mut found = BTreeSet::new();
    for path in sources().iter().filter(|path| path.iter().any(|step| step == "src")) {
        let text: String = read(path).split_whitespace().collect();
        found.extend(text.split("reader.").skip(1).filter_map(with_another).map(str::to_owned));
    }
    let known: BTreeSet<String> = STAND_INS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, known, "settings with a default beside config.default.toml");
}

/// The setting of `text("NAME").unwrap_or(…)`.
fn with_another(call: &str) -> Option<&str> {
    let (method, rest) = call.split_once("(\"")?;
    let (name, _) = rest.split_once('"')?;
    let is_read = method.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let behind = &call[end_of_call(call)?..];
    let replaced = behind.starts_with(".unwrap_or(") || behind.starts_with(".unwrap_or_else(");
    (is_read && replaced).then_some(name)
}

/// Behind the parenthesis that closes the first one.
fn end_of_call(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => return None,
        }
        (depth == 0).then_some(at + 1)
    })
}

#[test]
fn what_a_page_tells_as_a_default_is_the_default() {
    let defaults = REFERENCE.with([]);
    let mut told = 0;
    for page in pages_of_today() {
        let text = read(&page).split_whitespace().collect::<Vec<_>>().join(" ");
        let parts: Vec<&str> = text.split('`').collect();
        for pair in parts.windows(2) {
            let default = defaults.get(pair[0]).and_then(|default| default.parse::<f64>().ok());
            let (Some(default), Some(number)) = (default, told_in(pair[1])) else { continue };
            assert!((default - number).abs() < f64::EPSILON, "{}: {} is {default}", page.display(), pair[0]);
            told += 1;
        }
    }
    assert!(told >= 4, "the defaults were found");
}

/// The number in parentheses behind a setting, or behind it in those that it stands in: ` (30)`, ` (10 minutes)`, `, 25)`.
fn told_in(behind: &str) -> Option<f64> {
    let rest = behind.strip_prefix(" (").or_else(|| behind.strip_prefix(", "))?;
    let mut words = rest.split_once(')')?.0.split(' ');
    let number: f64 = words.next()?.parse().ok()?;
    match (words.next(), words.next()) {
        (None | Some("seconds" | "days"), None) => Some(number),
        (Some("minutes"), None) => Some(number * 60.0),
        (Some("hours"), None) => Some(number * 3600.0),
        _ => None,
    }
}
