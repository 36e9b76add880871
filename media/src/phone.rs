//! What media with phone numbers have in common: the number, and how long a text may be.

use crate::words::{Fault, Part, Words};

/// The longest text, in characters, that Twilio accepts (error 21617, <https://www.twilio.com/docs/api/errors/21617>).
const MAX_TEXT_CHARS: usize = 1600;

/// Checks a phone number in E.164 form: `+`, then 7 to 15 digits.
///
/// # Errors
/// A text that begins with "must".
pub fn check_number(number: &str) -> Result<(), String> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let valid =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if valid { Ok(()) } else { Err("must be a phone number in E.164 form, such as +14155550100".into()) }
}

/// Finds an empty text, and one that is too long.
pub(crate) fn faults(words: &Words<'_>) -> Vec<Fault> {
    let fault = |why: String| vec![Fault { part: Part::Message, why }];
    let text = words.text;
    if text.trim().is_empty() {
        return fault("must not be empty".into());
    }
    // A text has at most as many characters as bytes, and its bytes are counted already.
    if text.len() <= MAX_TEXT_CHARS {
        return Vec::new();
    }
    match text.chars().count() {
        n if n > MAX_TEXT_CHARS => fault(format!("has {n} characters, Twilio takes {MAX_TEXT_CHARS}")),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_e_164() {
        for good in ["+14155550100", "+2904123", "+123456789012345"] {
            assert_eq!(check_number(good), Ok(()), "{good}");
        }
        for bad in [
            "14155550100",
            "+1 415 555 0100",
            "+1-415-555-0100",
            "+0415555010",
            "+123456",
            "+1234567890123456",
            "+١٢٣٤٥٦٧٨",
        ] {
            assert!(check_number(bad).is_err(), "{bad}");
        }
    }
}
