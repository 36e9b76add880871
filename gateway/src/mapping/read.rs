//! Reads the rules from the tables of a file, and names all that is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use runtime::settings::did_you_mean;
use serde_json::{Map, Value};

use super::pattern::{KeyPattern, NamePattern};
use super::{EventRule, Mapping, Target, Topic};
use crate::room::{Kind, is_name};

/// The most rules of one kind.
const MOST_RULES: usize = 1_000;
/// The most rooms of one event.
const MOST_ROOMS: usize = 32;
/// What a topic is called that has more than one word in braces.
const ONE_WORD: &str = "must have one word in braces at most";

/// What is wrong so far.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{place} {what}"));
    }

    /// Names what is none of the known names.
    fn unknown(&mut self, place: &str, table: &Map<String, Value>, known: &[&str]) {
        for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
            self.add(&format!("{place}/{name}"), format_args!("is not known{}", did_you_mean(name, known)));
        }
    }

    fn table<'a>(&mut self, place: &str, value: &'a Value) -> Option<&'a Map<String, Value>> {
        let table = value.as_object();
        if table.is_none() {
            self.add(place, "must be a table");
        }
        table
    }

    fn text(&mut self, place: &str, value: &Value) -> Option<String> {
        let text = value.as_str().filter(|text| is_name(text));
        if text.is_none() {
            self.add(place, "must be a text of 1 to 255 bytes in one line");
        }
        text.map(str::to_owned)
    }

    fn texts(&mut self, place: &str, value: &Value) -> Vec<String> {
        let Some(values) = value.as_array() else {
            self.add(place, "must be a list of texts");
            return Vec::new();
        };
        values.iter().enumerate().filter_map(|(at, value)| self.text(&format!("{place}/{at}"), value)).collect()
    }
}

pub(super) fn mapping(tables: &Map<String, Value>) -> Result<Mapping, Vec<String>> {
    let mut problems = Problems::default();
    problems.unknown("", tables, &["roles", "topics", "events"]);
    let entries = |problems: &mut Problems, name: &str| -> Vec<(String, Value)> {
        let place = format!("/{name}");
        let table = tables.get(name).and_then(|value| problems.table(&place, value));
        if table.is_some_and(|table| table.len() > MOST_RULES) {
            problems.add(&place, format_args!("must have at most {MOST_RULES} entries"));
        }
        let entries = table.into_iter().flatten().take(MOST_RULES);
        entries.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let roles = entries(&mut problems, "roles");
    let roles: BTreeMap<String, String> = roles
        .into_iter()
        .filter_map(|(role, room)| Some((role.clone(), problems.text(&format!("/roles/{role}"), &room)?)))
        .collect();
    let topics = entries(&mut problems, "topics");
    let topics = topics.iter().filter_map(|(name, value)| topic(&mut problems, name, value)).collect();
    let events = entries(&mut problems, "events");
    let events = events.iter().filter_map(|(key, value)| event(&mut problems, key, value)).collect();
    if problems.0.is_empty() { Ok(Mapping { roles, topics, events }) } else { Err(problems.0) }
}

fn topic(problems: &mut Problems, name: &str, value: &Value) -> Option<Topic> {
    let place = format!("/topics/{name}");
    let table = problems.table(&place, value)?;
    problems.unknown(&place, table, &["roles", "claim", "everybody"]);
    let pattern = NamePattern::parse(name);
    match &pattern {
        None => problems.add(&place, "must be a name such as solicitud_{id}"),
        Some(pattern) if pattern.fields() > 1 => problems.add(&place, ONE_WORD),
        Some(_) => {}
    }
    let of = |name: &str| (format!("{place}/{name}"), table.get(name));
    let roles: BTreeSet<String> = match of("roles") {
        (place, Some(value)) => problems.texts(&place, value).into_iter().collect(),
        (_, None) => BTreeSet::new(),
    };
    let claim = match of("claim") {
        (place, Some(value)) => problems.text(&place, value),
        (_, None) => None,
    };
    let everybody = match of("everybody") {
        (_, None) => false,
        (place, Some(value)) => value.as_bool().unwrap_or_else(|| {
            problems.add(&place, "must be true or false");
            false
        }),
    };
    if ["roles", "claim", "everybody"].iter().all(|name| !table.contains_key(*name)) {
        problems.add(&place, "says nobody who may join it: give roles, a claim, or everybody = true");
    }
    Some(Topic { pattern: pattern?, roles, claim, everybody })
}

fn event(problems: &mut Problems, key: &str, value: &Value) -> Option<EventRule> {
    let place = format!("/events/{key}");
    let table = problems.table(&place, value)?;
    problems.unknown(&place, table, &["rooms", "as"]);
    let pattern = KeyPattern::parse(key);
    if pattern.is_none() {
        problems
            .add(&place, "must be a routing key such as solicitud.* in which * is one word and # any number of them");
    }
    let written = table.get("rooms").map(|rooms| problems.texts(&format!("{place}/rooms"), rooms));
    let written = written.unwrap_or_else(|| {
        problems.add(&format!("{place}/rooms"), "is missing: name the rooms that hear it, such as [\"role:admin\"]");
        Vec::new()
    });
    if written.len() > MOST_ROOMS {
        problems.add(&format!("{place}/rooms"), format_args!("must be at most {MOST_ROOMS}"));
    }
    let rooms = written.iter().take(MOST_ROOMS).enumerate();
    let rooms = rooms.filter_map(|(at, text)| target(problems, &format!("{place}/rooms/{at}"), text)).collect();
    let named = table.get("as").and_then(|named| problems.text(&format!("{place}/as"), named));
    Some(EventRule { pattern: pattern?, rooms, named })
}

fn target(problems: &mut Problems, place: &str, text: &str) -> Option<Target> {
    let kinds = Kind::ALL.map(Kind::as_str);
    let (word, name) = text.split_once(':').unwrap_or((text, ""));
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let name = NamePattern::parse(name);
    if kind.is_none() || name.is_none() {
        let hint = if kind.is_none() { did_you_mean(word, &kinds) } else { String::new() };
        problems.add(place, format_args!("must be user:…, role:… or topic:…, such as user:{{usuario_id}}{hint}"));
    }
    Some(Target { kind: kind?, name: name? })
}
