//! One field that is wrong, as its writer is told of it.

use std::fmt;

use crate::line::is_unsafe_in_a_line;

/// How many characters of a name are shown.
const MAX_SHOWN_CHARS: usize = 64;
/// A name with this many digits looks like a phone number.
const PHONE_DIGITS: usize = 6;

/// A field that is wrong. `pointer` is a JSON pointer (RFC 6901), empty for the body itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.detail),
            pointer => write!(f, "{pointer} {}", self.detail),
        }
    }
}

/// Whether a name of the data is one that can be shown as it is, and no value in the wrong place.
pub fn is_plain_name(name: &str) -> bool {
    let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    name.len() <= MAX_SHOWN_CHARS && is_word && pointer_step(name) == name
}

/// A name as a step of a JSON pointer (RFC 6901), safe for a log and an error.
pub fn pointer_step(name: &str) -> String {
    if name.contains('@') || name.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS {
        return "***".into();
    }
    let mut shown = String::with_capacity(name.len().min(MAX_SHOWN_CHARS));
    for (at, c) in name.chars().enumerate() {
        match c {
            _ if at == MAX_SHOWN_CHARS => {
                shown.push('…');
                break;
            }
            '~' => shown.push_str("~0"),
            '/' => shown.push_str("~1"),
            c if is_unsafe_in_a_line(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}
