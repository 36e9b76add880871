//! Reads a style sheet as far as is needed to say whether it has rules for elements, and what in it would be left out
//! without a word.

const COMMENT: &str = "a style sheet has a comment that is not ended: write */ behind it";
const STRING: &str = "a style sheet has a string that is not ended in its line: write its quote behind it";
const OPEN: &str = "a style sheet has a `{` that is not closed: write } behind its declarations";
const CLOSED: &str = "a style sheet has a `}` that closes nothing: take it out";
const BRACKET: &str = "a style sheet has a `(` or `[` that is not closed: close it";
const COLON: &str = "a style sheet has a declaration without a `:` between name and value";

/// Whether a sheet has a rule that can be written into elements: one that stands in no at-rule, or in `@layer`.
///
/// # Errors
/// What cannot be read.
pub(super) fn has_rules(css: &str) -> Result<bool, &'static str> {
    read(css).map_err(|(_, why)| why)
}

/// What of a sheet cannot be read, and where that is.
pub(super) fn fault(css: &str) -> Option<(usize, &'static str)> {
    read(css).err()
}

fn read(css: &str) -> Result<bool, (usize, &'static str)> {
    let mut sheet = Sheet {
        css,
        at: 0,
        depth: 0,
        opened: 0,
        brackets: 0,
        at_rule: false,
        begun: false,
        colon: false,
        rules: false,
    };
    while sheet.at < css.len() {
        let at = sheet.at;
        sheet.read().map_err(|why| (at, why))?;
    }
    if sheet.depth > 0 { Err((sheet.opened, OPEN)) } else { Ok(sheet.rules) }
}

struct Sheet<'c> {
    css: &'c str,
    at: usize,
    /// How many braces are open.
    depth: usize,
    /// Where the last brace was opened that stands in no other.
    opened: usize,
    /// How many other brackets are open.
    brackets: usize,
    /// Whether the statement of the top is an at-rule.
    at_rule: bool,
    /// Whether there is something since the last statement.
    begun: bool,
    /// Whether there is a colon since the last statement.
    colon: bool,
    rules: bool,
}

impl Sheet<'_> {
    fn read(&mut self) -> Result<(), &'static str> {
        let rest = &self.css.as_bytes()[self.at..];
        let length = match rest {
            [b'/', b'*', inside @ ..] => inside.windows(2).position(|two| two == b"*/").ok_or(COMMENT)? + 4,
            [quote @ (b'"' | b'\''), inside @ ..] => {
                self.begun = true;
                length_of_string(inside, *quote).ok_or(STRING)? + 2
            }
            [b'<', b'!', b'-', b'-', ..] if self.depth == 0 => 4,
            [b'-', b'-', b'>', ..] if self.depth == 0 => 3,
            [b'\\', _, ..] => {
                self.begun = true;
                2
            }
            [byte, ..] => {
                self.sign(*byte)?;
                1
            }
            [] => 1,
        };
        self.at += length;
        Ok(())
    }

    fn sign(&mut self, byte: u8) -> Result<(), &'static str> {
        match byte {
            b'{' | b'}' if self.brackets > 0 => return Err(BRACKET),
            b'{' => {
                self.rules |= self.depth == 0 && !self.at_rule;
                self.opened = if self.depth == 0 { self.at } else { self.opened };
                self.depth += 1;
                (self.begun, self.colon) = (false, false);
            }
            b'}' => {
                self.end_of_statement()?;
                self.depth = self.depth.checked_sub(1).ok_or(CLOSED)?;
                self.at_rule &= self.depth > 0;
            }
            b';' if self.brackets == 0 => self.end_of_statement()?,
            b'(' | b'[' => self.brackets += 1,
            b')' | b']' => self.brackets = self.brackets.saturating_sub(1),
            b':' => self.colon = true,
            byte if byte.is_ascii_whitespace() => return Ok(()),
            b'@' if self.depth == 0 && !self.begun => {
                let name = self.css.get(self.at + 1..self.at + 6).unwrap_or_default();
                // Rules of a layer are written into elements.
                self.rules |= name.eq_ignore_ascii_case("layer");
                self.at_rule = true;
            }
            _ => {}
        }
        self.begun = self.brackets > 0 || !matches!(byte, b'{' | b'}' | b';');
        Ok(())
    }

    fn end_of_statement(&mut self) -> Result<(), &'static str> {
        // An at-rule may stand in a rule, and what stands in an at-rule stays as it is written.
        let is_declaration = self.depth == 1 && !self.at_rule && self.begun;
        if is_declaration && !self.colon {
            return Err(COLON);
        }
        if self.depth == 0 {
            self.at_rule = false;
        }
        (self.begun, self.colon) = (false, false);
        Ok(())
    }
}

fn length_of_string(inside: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in inside.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' => return None,
            byte if *byte == quote => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_outside_of_at_rules_are_for_elements() {
        for (css, expected) in [
            ("", false),
            (" /* .a { color: red } */ ", false),
            ("@media (prefers-color-scheme: dark) { .a { color: red !important; } }", false),
            ("@import url(https://x.example/a.css;b); @font-face { font-family: 'A;}'; src: url(x) }", false),
            ("<!-- @media print { p { color: red } } -->", false),
            (".a { color: red }", true),
            ("@media print { p { color: red } } p { color: blue; }", true),
            ("@charset \"utf-8\"; p { background: url(data:image/png;base64,AA==) }", true),
            ("p { content: \"}\\\"\"; }", true),
            ("@layer base { p { color: red } }", true),
            (".a\\:b { color: red; &:hover { color: blue } }", true),
            ("a[href^='x;{'] { color: red;; }", true),
        ] {
            assert_eq!(has_rules(css), Ok(expected), "{css}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        for (css, expected) in [
            (".a { color: red }\n.b { color: red\n.c { color: blue }", Some((21, OPEN))),
            (".a { color: red } }", Some((18, CLOSED))),
            (".a { color red; }", Some((14, COLON))),
            (".a { color: red }", None),
        ] {
            assert_eq!(fault(css), expected, "{css}");
        }
    }

    #[test]
    fn what_would_be_left_out_is_told() {
        for (css, expected) in [
            (".a { color: red", OPEN),
            ("@media print { .a { color: red }", OPEN),
            (".a { color: red } }", CLOSED),
            (".a { color red; }", COLON),
            (".a { color: red; margin }", COLON),
            (".a { color: red } /* never ended", COMMENT),
            (".a { content: 'x\n'; }", STRING),
            (".a { width: calc(1px + 2px; }", BRACKET),
        ] {
            assert_eq!(has_rules(css), Err(expected), "{css}");
        }
    }
}
