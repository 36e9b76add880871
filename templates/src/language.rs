//! The names that the template language knows, to say which of them was meant by one that it does not know.

use domain::{is_one_edit, nearest_of_few};

use crate::names::hint;

const TAGS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "break",
    "continue",
    "set",
    "set_global",
    "include",
    "extends",
    "block",
    "endblock",
    "raw",
    "endraw",
];

pub(crate) const FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "default",
    "escape",
    "escape_html",
    "escape_xml",
    "first",
    "float",
    "get",
    "group_by",
    "indent",
    "int",
    "join",
    "keys",
    "last",
    "length",
    "link",
    "lower",
    "newlines_to_br",
    "nth",
    "pairs",
    "pluralize",
    "replace",
    "reverse",
    "round",
    "safe",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
    "unique",
    "upper",
    "values",
    "wordcount",
];

pub(crate) const TESTS: &[&str] = &[
    "array",
    "bool",
    "containing",
    "defined",
    "divisible_by",
    "ending_with",
    "even",
    "float",
    "integer",
    "iterable",
    "map",
    "none",
    "number",
    "odd",
    "starting_with",
    "string",
    "undefined",
];

pub(crate) const FUNCTIONS: &[&str] = &["range", "throw"];

/// What tera says of a fault, with the name that was most likely meant. `source` is the text from the fault on.
pub(crate) fn told(message: &str, source: &str) -> String {
    if message == "Unknown tag" {
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let tag = source.trim_start_matches(|letter: char| !word(letter)).split(|letter: char| !word(letter)).next();
        let tag = tag.unwrap_or_default();
        return format!("Unknown tag `{tag}`{}", hint(near(tag, TAGS)));
    }
    let unknown = message.strip_prefix("Unknown ").and_then(|rest| rest.split_once(' '));
    let (name, known) = match unknown {
        Some(("filter", name)) => (name, FILTERS),
        Some(("test", name)) => (name, TESTS),
        Some(("function", name)) => (name, FUNCTIONS),
        _ => return message.to_owned(),
    };
    format!("{message}{}", hint(near(name.trim_matches('`'), known)))
}

/// Names as short as `if` count as near from one edit away: there are few, and none of them is near another.
fn near<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let known = || known.iter().copied();
    nearest_of_few(name, known()).or_else(|| known().find(|known| is_one_edit(name, known)))
}
