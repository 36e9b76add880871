//! What a body may be, found by asking the reader of bodies: the contracts have no number of their own.

use domain::{ChannelName, Defaults, Notification, check_subject, is_unsafe_in_a_line};
use serde_json::{Value, json};

/// Whether a body is read without a finding, in a fleet with a default channel.
pub(super) fn is_read(body: &[u8]) -> bool {
    let defaults = Defaults { channel: ChannelName::parse("email").ok() };
    Notification::decode(body, &defaults).is_ok_and(|read| read.unknown.is_empty())
}

/// A body that has this value in one field.
pub(super) fn body_with(field: &str, value: Value) -> Value {
    let mut body = json!({"destination": "ana@example.com", "message": "It is on its way."});
    body[field] = value;
    body
}

/// The largest size for which `value` makes a value that the field may have; 1 is the smallest.
pub(super) fn most(field: &str, value: impl Fn(u64) -> Value) -> u64 {
    let is_read = |size: u64| is_read(body_with(field, value(size)).to_string().as_bytes());
    assert!(is_read(1), "{field}: a size of 1 is read");
    let mut refused = 2;
    while is_read(refused) {
        refused *= 2;
    }
    let mut read = refused / 2;
    while read + 1 < refused {
        let between = read.midpoint(refused);
        if is_read(between) {
            read = between;
        } else {
            refused = between;
        }
    }
    read
}

/// The longest text of ASCII that the field may have.
pub(super) fn longest(field: &str) -> u64 {
    most(field, |size| "a".repeat(usize::try_from(size).expect("a small size")).into())
}

/// The characters that no line may have, as a class of a regular expression.
pub(super) fn unsafe_in_a_line() -> String {
    class(is_unsafe_in_a_line)
}

/// The characters that no subject may have, whatever stands beside them.
pub(super) fn unsafe_in_a_subject() -> String {
    class(|c| {
        let texts = [format!("{c}"), format!("{c}\u{2069}"), format!("\u{2066}{c}")];
        texts.iter().all(|text| check_subject(text).is_err())
    })
}

/// The class of the characters that are refused. All of them have four hexadecimal digits.
fn class(is_refused: impl Fn(char) -> bool) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in (0..=0xffff).filter(|&code| char::from_u32(code).is_some_and(&is_refused)) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    let range =
        |(first, last): (u32, u32)| if first == last { escaped(first) } else { escaped(first) + "-" + &escaped(last) };
    format!("[{}]", ranges.into_iter().map(range).collect::<String>())
}

fn escaped(code: u32) -> String {
    format!("\\u{code:04x}")
}
