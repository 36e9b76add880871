//! Reads a style sheet as far as is needed to say whether it has rules for elements, and what in it would be left out
//! without a word.

/// How many brackets and braces may stand in one another: the library that writes sheets into elements calls itself for
/// each.
const MAX_NESTED: usize = 32;
/// How many bytes one selector may have: that library calls itself for each of its parts.
const MAX_SELECTOR: usize = 1024;

const COMMENT: &str = "a style sheet has a comment that is not ended: write */ behind it";
const STRING: &str = "a style sheet has a string that is not ended in its line: write its quote behind it";
const OPEN: &str = "a style sheet has a `{` that is not closed: write } behind its declarations";
const CLOSED: &str = "a style sheet has a `}` that closes nothing: take it out";
const BRACKET: &str = "a style sheet has a `(` or `[` that is not closed: close it";
const COLON: &str = "a style sheet has a declaration without a `:` between name and value";
const NESTED: &str = "a style sheet has more than 32 brackets in one another: close some";
const SELECTOR: &str = "a style sheet has a selector of more than 1024 bytes: write a shorter one";
const ESCAPED: &str = "a style sheet has a `\\` in the name before a `(`: write the name without it";
const ADDRESS: &str = "a style sheet has a quote or a bracket in a url(): write quotes around the address";

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
        brackets: Vec::new(),
        selector: 0,
        longest: 0,
        escaped: false,
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
    /// What closes the other brackets that are open.
    brackets: Vec<u8>,
    /// How many bytes there are of what may be a selector, without blanks and comments.
    selector: usize,
    /// How many the longest has of those before it in a list.
    longest: usize,
    /// Whether there is an escape in the name that is being read.
    escaped: bool,
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
        let escaped = std::mem::take(&mut self.escaped);
        let (length, is_blank) = match rest {
            [b'/', b'*', inside @ ..] => (inside.windows(2).position(|two| two == b"*/").ok_or(COMMENT)? + 4, true),
            [quote @ (b'"' | b'\''), inside @ ..] => (length_of_string(inside, *quote).ok_or(STRING)? + 2, false),
            [b'<', b'!', b'-', b'-', ..] if self.depth == 0 => (4, true),
            [b'-', b'-', b'>', ..] if self.depth == 0 => (3, true),
            [b'\\', inside @ ..] => {
                self.escaped = true;
                (1 + length_of_escape(inside), false)
            }
            // What an escape hides in a name, such as that of url, is the library's to know.
            [b'(', ..] if escaped => return Err(ESCAPED),
            [b'(', inside @ ..] if self.is_address(inside) => (length_of_address(inside)? + 2, false),
            [byte, ..] => {
                self.escaped = escaped && is_of_name(*byte);
                self.selector += usize::from(!byte.is_ascii_whitespace());
                self.sign(*byte)?;
                (1, true)
            }
            [] => (1, true),
        };
        if !is_blank {
            self.begun = true;
            self.selector += length;
        }
        self.at += length;
        Ok(())
    }

    fn sign(&mut self, byte: u8) -> Result<(), &'static str> {
        match byte {
            b'{' | b'}' if !self.brackets.is_empty() => return Err(BRACKET),
            b'{' => {
                // The brace, or the comma, is counted as well.
                if self.longest.max(self.selector) > MAX_SELECTOR + 1 {
                    return Err(SELECTOR);
                }
                self.rules |= self.depth == 0 && !self.at_rule;
                self.opened = if self.depth == 0 { self.at } else { self.opened };
                self.is_nested()?;
                self.depth += 1;
                self.begin_statement();
            }
            b'}' => {
                self.end_of_statement()?;
                self.depth = self.depth.checked_sub(1).ok_or(CLOSED)?;
                self.at_rule &= self.depth > 0;
            }
            b';' if self.brackets.is_empty() => self.end_of_statement()?,
            b',' if self.brackets.is_empty() => {
                self.longest = self.longest.max(self.selector);
                self.selector = 0;
            }
            b'(' | b'[' => {
                self.is_nested()?;
                self.brackets.push(if byte == b'(' { b')' } else { b']' });
            }
            b')' | b']' if self.brackets.pop().is_some_and(|closes| closes != byte) => return Err(BRACKET),
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
        self.begun = !self.brackets.is_empty() || !matches!(byte, b'{' | b'}' | b';');
        Ok(())
    }

    /// # Errors
    /// That nothing more may be opened.
    fn is_nested(&self) -> Result<(), &'static str> {
        if self.depth + self.brackets.len() < MAX_NESTED { Ok(()) } else { Err(NESTED) }
    }

    /// Whether the bracket that is read is that of an address without quotes, in which nothing means what it does
    /// elsewhere.
    fn is_address(&self, inside: &[u8]) -> bool {
        let before = &self.css.as_bytes()[..self.at];
        let is_of_word = |byte: &&u8| is_of_name(**byte) || matches!(byte, b'#' | b'@');
        let length = before.iter().rev().take_while(is_of_word).count();
        let is_url = before[before.len() - length..].eq_ignore_ascii_case(b"url");
        is_url && !matches!(inside.trim_ascii_start().first(), Some(b'"' | b'\''))
    }

    fn begin_statement(&mut self) {
        (self.begun, self.colon) = (false, false);
        (self.selector, self.longest) = (0, 0);
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
        self.begin_statement();
        Ok(())
    }
}

fn length_of_string(inside: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in inside.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' | b'\r' | b'\x0c' => return None,
            byte if *byte == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// The length of an escape behind its `\`: a sign, or the number of one with the blank that ends it.
fn length_of_escape(inside: &[u8]) -> usize {
    let digits = inside.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match &inside[digits..] {
        [] => digits,
        [_, ..] if digits == 0 => 1,
        [b'\r', b'\n', ..] => digits + 2,
        [blank, ..] if blank.is_ascii_whitespace() => digits + 1,
        [_, ..] => digits,
    }
}

/// # Errors
/// What of an address without quotes cannot be read.
fn length_of_address(inside: &[u8]) -> Result<usize, &'static str> {
    let mut escaped = false;
    for (at, byte) in inside.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' | b'\'' | b'(' => return Err(ADDRESS),
            b')' => return Ok(at),
            _ => {}
        }
    }
    Err(BRACKET)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'\\') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_would_call_itself_for_is_bounded() {
        let nested = |open: &str| format!("{} {{ color: red }}", open.repeat(1_000));
        for (css, expected) in [
            (nested("p:not("), NESTED),
            (nested("p:is(a, "), NESTED),
            (nested("@layer a { "), NESTED),
            (nested("p { &:hover { "), NESTED),
            (nested("p ("), NESTED),
            (nested("p > "), SELECTOR),
            (nested("p + /* x */ "), SELECTOR),
            (format!("a, {}, b {{}}", "p ".repeat(1_025)), SELECTOR),
            (format!("@layer a {{ {} {{}} }}", "p ~ ".repeat(1_000)), SELECTOR),
            // A bracket that closes nothing, in what is no bracket for the library, opens no room.
            (nested(":not(/*)*/"), NESTED),
            (nested(":not([a=')']"), NESTED),
            (nested(":is(url(')'),"), NESTED),
            (nested(":is(url(a')"), ADDRESS),
            (nested(":is(\\75 rl(')"), ESCAPED),
            (nested(":is(]"), BRACKET),
        ] {
            assert_eq!(has_rules(&css), Err(expected), "{}", &css[..20]);
        }
        for css in [
            format!("{} {{ color: red }}", ["p"; 2_000].join(", ")),
            format!(
                "/* {} */ p {{ src: url(data:{}), url('{}') }}",
                "x".repeat(2_000),
                "x".repeat(2_000),
                "x(".repeat(9)
            ),
            ".w-\\[calc\\(1px\\)\\]:not(.b), .a\\:b:is(p) { width: calc(1px + (2px * 3)) }".to_owned(),
        ] {
            assert_eq!(has_rules(&css), Ok(true), "{}", &css[..20]);
        }
    }

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
