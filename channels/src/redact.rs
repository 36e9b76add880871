//! Which of a provider's words may be shown: one short line with nothing personal in it.

use domain::is_unsafe_in_a_line;

/// The longest quotation of a provider, in characters.
const MAX_QUOTED_CHARS: usize = 200;
/// Shorter words of a message are no secret, and redacting them would tear holes into the quotation.
const MIN_REDACTED_BYTES: usize = 4;
/// A word with this many digits looks like a phone number.
const PHONE_DIGITS: usize = 6;

/// The text of [`crate::Outgoing::redact`].
pub(crate) fn redact<'a>(said: &str, personal: impl Iterator<Item = &'a str>) -> String {
    let mut text = said.to_owned();
    for words in personal.filter(|words| words.len() >= MIN_REDACTED_BYTES) {
        text = text.replace(words, "***");
    }
    let shown: Vec<&str> =
        text.split_whitespace().map(|word| if looks_personal(word) { "***" } else { word }).collect();
    shown.join(" ").chars().filter(|&c| !is_unsafe_in_a_line(c)).take(MAX_QUOTED_CHARS).collect()
}

fn looks_personal(word: &str) -> bool {
    word.contains('@') || word.contains("%40") || word.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_holds_nothing_personal() {
        let said =
            "550 5.1.1 <ana@example.org>: user ana@example.org, +1 (415)5550100 or 4155550100 unknown: Your code";
        let shown = redact(said, ["ana@example.org", "Your code"].into_iter());
        assert_eq!(shown, "550 5.1.1 <***>: user ***, +1 *** or *** unknown: ***");
    }

    #[test]
    fn a_quotation_is_one_short_line() {
        assert_eq!(redact("one\r\ntwo\u{202e}\0", [].into_iter()), "one two");
        assert_eq!(redact(&"x ".repeat(1000), [].into_iter()).chars().count(), 200);
    }
}
