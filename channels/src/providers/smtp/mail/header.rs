//! The header of a mail: every line is short ASCII, and is read as what was given (RFC 5322 section 2.2, RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use media::email::Address;

/// The most characters of a line without its end, as RFC 5322 section 2.1.1 recommends.
const MAX_LINE: usize = 78;
/// The most characters of an encoded-word (RFC 2047 section 2).
const MAX_ENCODED_WORD: usize = 75;
/// The longest word that fits into any line of ours, also after the longest name.
const MAX_PLAIN_WORD: usize = 60;
const PREFIX: &str = "=?utf-8?b?";
const SUFFIX: &str = "?=";

/// The lines of a header, one after the other.
pub(super) struct Header {
    text: String,
    /// How many characters the last line has.
    column: usize,
    /// Whether nothing follows the name yet.
    bare: bool,
}

impl Header {
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(512), column: 0, bare: true }
    }

    /// Adds a value that is ASCII and has no place to fold at, such as a date or an id.
    pub(super) fn token(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.text.push(' ');
        self.text.push_str(value);
        self.end();
    }

    /// Adds any words. They stay as they are where that is safe: every word is short enough to fold, with single spaces
    /// between words, and nothing that a reader would take for an encoded-word. Otherwise all of them are encoded.
    pub(super) fn words(&mut self, name: &str, value: &str) {
        self.begin(name);
        if value.is_empty() {
            self.text.push(' ');
        } else if is_plain(value) {
            value.split(' ').for_each(|word| self.word(word));
        } else {
            self.encoded(value);
        }
        self.end();
    }

    /// Adds an address, with the name that people see before it.
    pub(super) fn mailbox(&mut self, name: &str, display_name: Option<&str>, address: &str) {
        self.begin(name);
        match display_name {
            Some(display_name) => {
                let quoted = format!("\"{}\"", display_name.replace('\\', "\\\\").replace('"', "\\\""));
                // Not every reader understands a quoted string that is folded.
                if is_plain(display_name) && quoted.len() <= MAX_PLAIN_WORD {
                    self.word(&quoted);
                } else {
                    self.encoded(display_name);
                }
                self.word(&format!("<{address}>"));
            }
            None => self.word(address),
        }
        self.end();
    }

    /// Adds addresses, if there are any.
    pub(super) fn mailboxes(&mut self, name: &str, addresses: &[Address]) {
        let Some((last, others)) = addresses.split_last() else { return };
        self.begin(name);
        others.iter().for_each(|address| self.word(&format!("{address},")));
        self.word(last.as_str());
        self.end();
    }

    /// Adds a value that a publisher gives: words in printable ASCII with single spaces between them. They stay as they
    /// are, because they may be ids or encoded already.
    pub(super) fn given(&mut self, name: &str, value: &str) {
        self.begin(name);
        value.split(' ').for_each(|word| self.word(word));
        self.end();
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn begin(&mut self, name: &str) {
        self.text.push_str(name);
        self.text.push(':');
        self.column = name.len() + 1;
        self.bare = true;
    }

    fn end(&mut self) {
        self.text.push_str("\r\n");
        self.column = 0;
    }

    /// Adds a space and a word, on a new line if this one has no room for both. The first word is never on a new line:
    /// some readers do not like a name alone on its line.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > MAX_LINE && !self.bare {
            self.end();
        }
        self.text.push(' ');
        self.text.push_str(word);
        self.column += 1 + word.len();
        self.bare = false;
    }

    /// Adds encoded-words, each of whole characters. Readers drop the spaces between them.
    fn encoded(&mut self, value: &str) {
        let mut rest = value;
        while !rest.is_empty() {
            let room = MAX_LINE.saturating_sub(self.column + 1).min(MAX_ENCODED_WORD);
            let bytes = room.saturating_sub(PREFIX.len() + SUFFIX.len()) / 4 * 3;
            match rest.floor_char_boundary(bytes.min(rest.len())) {
                0 => self.end(),
                cut => {
                    self.word(&format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(&rest[..cut])));
                    rest = &rest[cut..];
                }
            }
        }
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| matches!(b, b' '..=b'~'))
        && !value.contains("=?")
        && value.split(' ').all(|word| (1..=MAX_PLAIN_WORD).contains(&word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(value: &str) -> String {
        let mut header = Header::new();
        header.words("Subject", value);
        String::from_utf8(header.into_bytes()).unwrap()
    }

    #[test]
    fn plain_words_stand_as_they_are_and_are_folded_between_them() {
        assert_eq!(subject("Your order 7 is here"), "Subject: Your order 7 is here\r\n");
        assert_eq!(subject(""), "Subject: \r\n");
        let long = subject(&["word"; 30].join(" "));
        assert!(long.lines().count() > 1 && long.lines().all(|line| line.len() <= 78), "{long}");
        assert_eq!(long.replace("\r\n", ""), format!("Subject: {}", ["word"; 30].join(" ")));
    }

    #[test]
    fn what_would_read_back_as_something_else_is_encoded() {
        let url = "https://example.com/".repeat(50);
        for value in ["=?utf-8?q?Hi?= there", "two  spaces", " lead", "trail ", "a=?b", "ñ", "a\u{a0}b", &url, "  "] {
            let line = subject(value);
            assert!(line.starts_with("Subject: =?utf-8?b?"), "{line}");
            assert!(line.lines().all(|line| line.len() <= 78), "{line}");
            assert_eq!(decoded(&line), value);
        }
    }

    #[test]
    fn a_name_is_quoted_or_encoded_and_stays_beside_its_address() {
        let mailbox = |name: Option<&str>, address: &str| {
            let mut header = Header::new();
            header.mailbox("From", name, address);
            String::from_utf8(header.into_bytes()).unwrap()
        };
        assert_eq!(mailbox(None, "a@example.org"), "From: a@example.org\r\n");
        assert_eq!(mailbox(Some("A, \"B\" \\"), "a@example.org"), "From: \"A, \\\"B\\\" \\\\\" <a@example.org>\r\n");
        let long = format!("{}@{}.org", "l".repeat(64), "d".repeat(60));
        for name in ["Peña", "=?utf-8?q?x?=", &"n".repeat(500), &"ñ".repeat(500), &"name ".repeat(100)] {
            let lines = mailbox(Some(name), &long);
            assert!(lines.lines().all(|line| line.len() <= 132), "{lines}");
            assert!(lines.trim_end().ends_with(&format!(" <{long}>")), "{lines}");
        }
    }

    /// The text that RFC 2047 reads: the bytes of all words, one after the other.
    fn decoded(line: &str) -> String {
        let words = line.trim_start_matches("Subject:").split_whitespace();
        let bytes = words.flat_map(|word| {
            STANDARD.decode(word.strip_prefix(PREFIX).unwrap().strip_suffix(SUFFIX).unwrap()).unwrap()
        });
        String::from_utf8(bytes.collect()).unwrap()
    }
}
