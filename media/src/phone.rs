//! What media with phone numbers have in common: the number, how long a text may be, and what goes with it.

use crate::attached;
use crate::words::{Fault, Part, Words};

/// The longest text of a medium, and who sets it.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) chars: usize,
    pub(crate) by: &'static str,
}

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

/// Finds an empty text, one that is too long, and media of which there may be `most_media`. Where media are given, or
/// something else goes with it, the text may be empty (<https://www.twilio.com/docs/api/errors/21602>).
pub(crate) fn faults(words: &Words<'_>, limit: Limit, most_media: usize, has_more: bool) -> Vec<Fault> {
    let alone = !has_more && attached::media_urls(words.data).next().is_none();
    let of_text = of_text(words.text, limit, alone).map(|why| Fault { part: Part::Message, why });
    of_text.into_iter().chain(attached::of_urls(words.data, most_media)).collect()
}

fn of_text(text: &str, limit: Limit, alone: bool) -> Option<String> {
    if text.trim().is_empty() {
        return alone.then(|| "must not be empty".into());
    }
    // A text has at most as many characters as bytes, and its bytes are counted already.
    if text.len() <= limit.chars {
        return None;
    }
    let chars = text.chars().count();
    (chars > limit.chars).then(|| format!("has {chars} characters, {} takes {}", limit.by, limit.chars))
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
