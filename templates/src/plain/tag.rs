//! A tag of HTML: its name and its attributes.

use super::entities::decoded;

/// The beginning or the end of an element, or a declaration, which has no name.
pub(crate) struct Tag<'a> {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) closes: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads the tag that the text begins with, and returns what is behind it. None where `<` stands for itself. A tag
    /// without an end takes all the rest.
    pub(crate) fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let inside = text.strip_prefix('<')?;
        let (closes, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
            return None;
        }
        let end = end_of_tag(inside);
        let (tag, after) = (&inside[..end], inside.get(end + 1..).unwrap_or_default());
        let length = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(length);
        Some((Self { name: name.to_ascii_lowercase(), closes, attributes }, after))
    }

    /// The value of an attribute; an empty text for one without a value.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let length = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/'));
            // A name has at least one character, so that every turn takes some of the text.
            let length = length.unwrap_or(rest.len()).max(rest.chars().next().map_or(1, char::len_utf8));
            let (found, after) = rest.split_at(length);
            let (value, after) = value(after);
            if found.eq_ignore_ascii_case(name) {
                return Some(decoded(value));
            }
            rest = after;
        }
    }
}

/// Where the `>` is that ends a tag, and not a value of it.
fn end_of_tag(inside: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            // A quote begins a value only where one may stand.
            (None, '"' | '\'') if before == '=' => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        if !c.is_ascii_whitespace() {
            before = c;
        }
    }
    inside.len()
}

/// The value that follows the name of an attribute, and what is behind it.
fn value(text: &str) -> (&str, &str) {
    let Some(value) = text.trim_start().strip_prefix('=') else { return ("", text) };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let length = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
    value.split_at(length)
}
