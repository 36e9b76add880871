//! Turns tera's errors into ours: the name of what is missing, and the file, line and column of a fault, but never a
//! value of the message's data.

use serde_json::{Map, Value};
use tera::ErrorKind;

use crate::compile::{Compiled, Source};
use crate::error::TemplateError;

/// Messages of tera that name types and arguments only; others may quote values.
const WITHOUT_VALUES: [&str; 14] = [
    "Math operations",
    "`+` requires",
    "Cannot compare `",
    "Cannot sort: `",
    "Cannot index",
    "Index expression",
    "Slice ",
    "Iteration not possible",
    "Key/value iteration",
    "Invalid type for the value",
    "Missing keyword argument",
    "pluralize filter requires",
    "The filter `",
    "The function `",
];

/// Words of expressions that are no variables.
const KEYWORDS: [&str; 16] = [
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "True", "False", "none", "None", "null", "loop",
    "self",
];

pub(crate) fn explain(
    error: &tera::Error,
    path: &str,
    compiled: &Compiled,
    data: &Map<String, Value>,
) -> TemplateError {
    let found = match error.kind() {
        ErrorKind::RenderingError(report) => compiled.sources.get(report.filename()).map(|source| (report, source)),
        _ => None,
    };
    let Some((report, source)) = found else {
        let at = compiled.sources.get(path).map_or_else(|| path.to_owned(), |source| source.file.origin.clone());
        return TemplateError::Failed { expression: "the template".to_owned(), why: GENERAL.to_owned(), at };
    };
    let (start, end) = span(source, &report.span().range);
    let at = source.place(start);
    let expression = source.file.text.get(start..end).unwrap_or_default();
    let undefined = report.message().contains("undefined") || report.message().contains("not defined");
    // tera marks the value of a filter also when one of its arguments is missing.
    let variable = || missing(expression, data).or_else(|| missing(rest_of_tag(&source.file.text[start..]), data));
    match undefined.then(variable).flatten() {
        Some(variable) => match set_from(&source.file.text, start, variable, data) {
            Some((at, meant)) => TemplateError::Missing { variable: meant.to_owned(), at: source.place(at) },
            None => TemplateError::Missing { variable: variable.to_owned(), at },
        },
        None => TemplateError::Failed {
            expression: expression.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect(),
            why: why(report.message()),
            at,
        },
    }
}

const GENERAL: &str = "a value has another form than the template expects";

fn why(message: &str) -> String {
    let safe = WITHOUT_VALUES.iter().any(|start| message.starts_with(start));
    if safe { message.lines().next().unwrap_or_default().to_owned() } else { GENERAL.to_owned() }
}

/// What was missing where a variable that the template itself sets got its value, and its offset. Setting it is no error,
/// and only its use is.
fn set_from<'t>(text: &'t str, used_at: usize, variable: &str, data: &Map<String, Value>) -> Option<(usize, &'t str)> {
    let name = variable.split('.').next().unwrap_or_default();
    let sets = text.match_indices("{%").take_while(|(at, _)| *at <= used_at).filter_map(|(at, open)| {
        let tag = rest_of_tag(&text[at + open.len()..]).trim_start_matches(|c: char| c == '-' || c.is_whitespace());
        let (left, right) = tag.strip_prefix("set_global").or_else(|| tag.strip_prefix("set"))?.split_once('=')?;
        (left.trim() == name).then_some(right)
    });
    let meant = missing(sets.last()?, data).filter(|meant| *meant != name)?;
    Some((meant.as_ptr() as usize - text.as_ptr() as usize, meant))
}

/// The error's place in the file as it was written, widened to the whole path that it is part of.
fn span(source: &Source, range: &std::ops::Range<usize>) -> (usize, usize) {
    let text = &source.file.text;
    let (start, end) = (source.original(range.start), source.original(range.end));
    let before = text.as_bytes()[..start].iter().rev().take_while(|byte| is_of_path(**byte)).count();
    let after = text.as_bytes()[end..].iter().take_while(|byte| is_of_path(**byte)).count();
    let start = start - before;
    (start, end_of_indexes(text, start, (end + after).max(start)))
}

/// The end of a path with its indexes, such as `items[1].name`: what stands between brackets belongs to it.
fn end_of_indexes(text: &str, start: usize, mut end: usize) -> usize {
    let count = |end: usize, sign: char| text.get(start..end).unwrap_or_default().matches(sign).count();
    while count(end, '[') > count(end, ']') || text.get(end..).is_some_and(|rest| rest.starts_with('[')) {
        let Some(close) = rest_of_tag(text.get(end..).unwrap_or_default()).find(']') else { break };
        end += close + 1;
        end += text.as_bytes()[end..].iter().take_while(|byte| is_of_path(**byte)).count();
    }
    end
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}

fn rest_of_tag(text: &str) -> &str {
    let end = ["}}", "%}"].iter().filter_map(|close| text.find(close)).min();
    &text[..end.unwrap_or(text.len())]
}

/// The first variable of an expression that the data does not have.
fn missing<'e>(expression: &'e str, data: &Map<String, Value>) -> Option<&'e str> {
    paths(expression).into_iter().find(|path| !holds(data, path))
}

fn holds(data: &Map<String, Value>, path: &str) -> bool {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| data.get(name)).filter(|value| !value.is_null());
    let last = steps.try_fold(first, |value, step| match value? {
        Value::Object(object) => Some(object.get(step)),
        Value::Array(list) => Some(step.parse().ok().and_then(|at: usize| list.get(at))),
        _ => None,
    });
    last.flatten().is_some()
}

/// The paths in an expression, without strings, numbers, keywords and the names of filters, functions and arguments.
fn paths(expression: &str) -> Vec<&str> {
    let bytes = expression.as_bytes();
    let mut paths = Vec::new();
    let (mut at, mut quote, mut before) = (0, None, b' ');
    while at < bytes.len() {
        let byte = bytes[at];
        if quote.is_some() || matches!(byte, b'"' | b'\'' | b'`') {
            quote = if quote == Some(byte) { None } else { quote.or(Some(byte)) };
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|byte| is_of_path(**byte)).count();
        if length == 0 {
            before = if byte.is_ascii_whitespace() { before } else { byte };
            at += 1;
            continue;
        }
        let path = &expression[at..at + length];
        at += length;
        let after = expression[at..].trim_start();
        let argument = after.starts_with('=') && !after.starts_with("==");
        let name = before == b'|' || after.starts_with('(') || argument || KEYWORDS.contains(&path);
        if !name && !path.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            paths.push(path);
        }
        before = b'a';
    }
    paths
}
