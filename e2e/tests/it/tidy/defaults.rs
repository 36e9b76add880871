//! A default stands in `config.default.toml` and nowhere else. Where a page tells one as well, it is the same.
//!
//! The template of the environment and the tables of settings are compared by `chasqui`'s own tests.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chasqui::config::{DEFAULTS, REFERENCE};

use super::dead::{code, shipped};
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

/// What puts another value in the place of one that was not given.
const REPLACING: [&str; 6] = ["unwrap_or", "unwrap_or_else", "or", "or_else", "map_or", "map_or_else"];

/// The setting of `text("NAME")` where some call behind it, such as `.unwrap_or(…)`, has another value for it.
fn with_another(call: &str) -> Option<&str> {
    let (method, rest) = call.split_once("(\"")?;
    let (name, _) = rest.split_once('"')?;
    let is_read = method.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let mut behind = &call[end_of_call(call)?..];
    loop {
        let next = behind.trim_start_matches('?').strip_prefix('.')?;
        let (method, _) = next.split_once('(')?;
        if method.contains(';') {
            return None;
        }
        if method.rsplit('.').next().is_some_and(|last| REPLACING.contains(&last)) {
            return is_read.then_some(name);
        }
        behind = &next[end_of_call(next)?..];
    }
}

#[test]
fn a_default_is_found_behind_whatever_was_done_with_the_value() {
    for call in ["text(\"A\").map(|a|a.trim()).unwrap_or(7);", "text(\"A\")?.parse::<u8>().ok().or_else(||other());"] {
        assert_eq!(with_another(call), Some("A"), "{call}");
    }
    for call in ["text(\"A\").map(f);b.unwrap_or(7)", "text(\"A\")?;b.or(c)", "number(\"A\",1..=7),", "other().or(c)"] {
        assert_eq!(with_another(call), None, "{call}");
    }
}

/// A port is a number that stands for nothing else.
#[test]
fn no_code_knows_the_port_of_a_default() {
    let addresses = DEFAULTS.split('"').filter(|text| text.parse::<SocketAddr>().is_ok());
    let ports: Vec<&str> = addresses.filter_map(|address| address.rsplit(':').next()).collect();
    assert!(!ports.is_empty(), "the defaults have an address");
    for path in shipped().iter().filter(|path| path.iter().any(|step| step == "src")) {
        let text = code(&read(path));
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let known = words.find(|word| ports.contains(word));
        assert_eq!(known, None, "{}: a default beside config.default.toml", path.display());
    }
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
