//! What a mail server answers (RFC 5321 section 4.2). Any text after the code is allowed, and so is none at all.

/// The most bytes of one line. RFC 5321 section 4.5.3.1.5 allows 512 with the code. A longer line is cut, not refused,
/// because a server that has accepted a mail has accepted it however long its answer is.
const MAX_LINE_BYTES: usize = 512;

/// A complete answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reply {
    code: u16,
    /// The lines without their codes.
    lines: Vec<String>,
}

/// The lines of an answer that has not ended yet.
#[derive(Default)]
pub(super) struct Reading {
    code: Option<u16>,
    lines: Vec<String>,
}

/// A line that is no part of an answer.
pub(super) struct Unreadable;

impl Reading {
    /// Reads a line without its end. Returns the answer when this was its last line.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, Unreadable> {
        let code = line.get(..3).and_then(code).ok_or(Unreadable)?;
        if self.code.is_some_and(|before| before != code) {
            return Err(Unreadable);
        }
        let more = match line.get(3) {
            None | Some(b' ' | b'\t') => false,
            Some(b'-') => true,
            Some(_) => return Err(Unreadable),
        };
        let text = line.get(4..line.len().min(MAX_LINE_BYTES)).unwrap_or_default();
        self.code = Some(code);
        self.lines.push(String::from_utf8_lossy(text).trim().to_owned());
        Ok((!more).then(|| Reply { code, lines: std::mem::take(&mut self.lines) }))
    }
}

impl Reply {
    pub(super) fn code(&self) -> u16 {
        self.code
    }

    /// Whether the code is 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The texts beside the code, line by line.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// The texts beside the code in one line. Empty when there are none.
    pub(super) fn text(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }

    /// The enhanced status code (RFC 3463), if the first line begins with one: `5.1.1` is `(5, 1, 1)`.
    pub(super) fn status(&self) -> Option<(u16, u16, u16)> {
        let word = self.lines.first()?.split([' ', ':', ';', ',']).next()?;
        let mut numbers = word.trim_start_matches('#').split('.').map(|number| number.parse::<u16>().ok());
        let status = (numbers.next()??, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(status.0, 2 | 4 | 5)).then_some(status)
    }
}

fn code(digits: &[u8]) -> Option<u16> {
    let valid = digits.iter().all(u8::is_ascii_digit) && (b'2'..=b'5').contains(&digits[0]);
    valid.then(|| digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer as a server writes it.
    pub(in crate::providers::smtp) fn reply(text: &str) -> Reply {
        let mut reading = Reading::default();
        let mut lines = text.split("\r\n");
        lines.find_map(|line| reading.line(line.as_bytes()).ok().unwrap()).unwrap()
    }

    #[test]
    fn an_answer_of_the_code_alone_is_an_answer() {
        for (text, lines) in [
            ("250", &[""][..]),
            ("250 ", &[""]),
            ("250-queued\r\n250", &["queued", ""]),
            ("250-\r\n250-x\r\n250 ok", &["", "x", "ok"]),
            ("250\tok", &["ok"]),
        ] {
            let reply = reply(text);
            assert_eq!((reply.code(), reply.lines().collect::<Vec<_>>()), (250, lines.to_vec()), "{text:?}");
            assert!(reply.is_success());
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_cut() {
        let reply = reply(&format!("250 {}", "x".repeat(2_000)));
        assert_eq!((reply.code(), reply.text().len()), (250, 508));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for line in ["", "25", "2500", "abc", "garbage", "150 x", "650 x", "250x"] {
            assert!(Reading::default().line(line.as_bytes()).is_err(), "{line:?}");
        }
        let mut reading = Reading::default();
        assert!(reading.line(b"250-queued").is_ok_and(|reply| reply.is_none()));
        assert!(reading.line(b"550 no").is_err(), "every line has the same code");
    }

    #[test]
    fn the_enhanced_status_code_is_read_where_there_is_one() {
        assert_eq!(reply("550 5.1.1 no such user").status(), Some((5, 1, 1)));
        assert_eq!(reply("550-5.7.26 This\r\n550 5.7.26 mail").status(), Some((5, 7, 26)));
        assert_eq!(reply("550 5.1.1: no").status(), Some((5, 1, 1)));
        for without in ["550", "550 no", "550 1.2.3.4 is blocked", "550 5.1", "550 3.1.1 x"] {
            assert_eq!(reply(without).status(), None, "{without}");
        }
    }
}
