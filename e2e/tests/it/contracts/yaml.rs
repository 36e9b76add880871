//! Writes a document as YAML that people read: block style, long texts folded, what names a thing before what it has.

use serde_json::Value;

/// What comes first in an object, in this order; everything else follows by its name.
const FIRST: [&str; 19] = [
    "asyncapi",
    "id",
    "info",
    "$ref",
    "name",
    "action",
    "address",
    "title",
    "summary",
    "type",
    "version",
    "description",
    "defaultContentType",
    "channel",
    "messages",
    "servers",
    "channels",
    "operations",
    "components",
];
/// Words that YAML reads as something else than a text.
const NO_TEXTS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
const WIDTH: usize = 118;

pub(super) fn yaml(document: &Value) -> String {
    block(document, WIDTH).join("\n") + "\n"
}

/// The lines of an object or a list that is not empty.
fn block(value: &Value, width: usize) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by_key(|name| (FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()), *name));
            names.into_iter().flat_map(|name| field(name, &fields[name], width)).collect()
        }
        Value::Array(items) => items.iter().flat_map(|entry| item(entry, width)).collect(),
        other => vec![scalar(other)],
    }
}

fn field(name: &str, value: &Value, width: usize) -> Vec<String> {
    let name = scalar(&Value::from(name));
    let left = width - name.len() - 2;
    let (first, rest) = match (folded(value, left, width - 2), inline(value, left)) {
        (Some(lines), _) => (format!("{name}: >-"), lines),
        (None, Some(text)) => (format!("{name}: {text}"), Vec::new()),
        (None, None) => (format!("{name}:"), block(value, width - 2)),
    };
    std::iter::once(first).chain(rest.into_iter().map(|line| format!("  {line}"))).collect()
}

fn item(value: &Value, width: usize) -> Vec<String> {
    let lines = inline(value, width - 2).map_or_else(|| block(value, width - 2), |text| vec![text]);
    let indented = |(at, line): (usize, String)| format!("{} {line}", if at == 0 { '-' } else { ' ' });
    lines.into_iter().enumerate().map(indented).collect()
}

/// What stands on the line of its name, if it does.
fn inline(value: &Value, width: usize) -> Option<String> {
    match value {
        Value::Object(fields) => fields.is_empty().then(|| "{}".to_owned()),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => None,
        Value::Array(items) => {
            let list = format!("[{}]", items.iter().map(scalar).collect::<Vec<_>>().join(", "));
            (list.chars().count() <= width).then_some(list)
        }
        other => Some(scalar(other)),
    }
}

/// The lines of a text that is too long for one.
fn folded(value: &Value, left: usize, width: usize) -> Option<Vec<String>> {
    let text = value.as_str().filter(|text| text.chars().count() > left)?;
    if text.contains("  ") || text.contains('\n') || text.trim() != text {
        return None;
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    Some(lines)
}

/// A text as it is where that is safe, and anything else as JSON has it, which YAML reads too.
fn scalar(value: &Value) -> String {
    match value.as_str() {
        Some(text) if is_plain(text) => text.to_owned(),
        _ => value.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$');
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_of_a_word);
    begins
        && text.strip_prefix('$').unwrap_or(text).split(' ').all(is_word)
        && !NO_TEXTS.contains(&text.to_ascii_lowercase().as_str())
}
