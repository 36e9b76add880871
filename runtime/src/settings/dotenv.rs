//! Reads a file of `NAME=value` lines literally: nothing in a value is substituted, and every problem has its line.

use std::collections::HashMap;

/// One setting of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// The line on which the setting begins, from 1.
    pub line: usize,
    pub name: String,
    pub value: String,
}

/// A problem on a line. The text never repeats a value, because the wrong line may hold a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub line: usize,
    pub what: String,
}

/// The settings of a file, in order, and every problem in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dotenv {
    pub pairs: Vec<Pair>,
    pub problems: Vec<Problem>,
}

impl Dotenv {
    /// Reads a whole file, with or without a byte order mark, with either kind of line ends.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut read = Self::default();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            read.problem(1, "the file is UTF-16: save it as UTF-8");
            return read;
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                read.problem(line, "is not UTF-8: save the file as UTF-8");
                return read;
            }
        };
        Lines { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 }.read(&mut read);
        read.refuse_contradictions();
        read
    }

    fn problem(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(Problem { line, what: what.into() });
    }

    /// Refuses two lines that give one name different values: nobody can know which of them was meant.
    fn refuse_contradictions(&mut self) {
        // Of each name the first line, and the first one that gives another value than it.
        let mut seen: HashMap<&str, (&Pair, Option<&Pair>)> = HashMap::new();
        for pair in self.pairs.iter().filter(|pair| !pair.value.is_empty()) {
            let (first, other) = seen.entry(&pair.name).or_insert((pair, None));
            let earlier = if first.value == pair.value { *other } else { Some(*first) };
            if first.value != pair.value {
                other.get_or_insert(pair);
            }
            if let Some(earlier) = earlier {
                let (name, line) = (&pair.name, earlier.line);
                let what = format!("{name} stands on line {line} already, with another value: remove one");
                self.problems.push(Problem { line: pair.line, what });
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
    }
}

/// The rest of the file, and the number of its first line.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn read(mut self, read: &mut Dotenv) {
        while !self.rest.is_empty() {
            let line = self.line;
            let text = self.peek_line().trim();
            if text.is_empty() || text.starts_with('#') {
                self.skip_line();
                continue;
            }
            match self.pair() {
                Ok((name, value)) => read.pairs.push(Pair { line, name, value }),
                Err(what) => read.problem(line, what),
            }
        }
    }

    /// Reads one setting. Always goes on to another line.
    fn pair(&mut self) -> Result<(String, String), String> {
        let text = self.peek_line();
        let Some(name) = text.split_once('=').and_then(|(left, _)| name_of(left)) else {
            self.skip_line();
            return Err("is not NAME=value (a value of several lines goes between single quotes)".into());
        };
        let name = name.to_owned();
        let begin = text.find('=').map_or(text.len(), |at| at + 1);
        let value = text[begin..].trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"'));
        let read = match quote {
            None => {
                let value = unquoted(&text[begin..]).to_owned();
                self.skip_line();
                Ok(value)
            }
            Some(quote) => {
                let opened = text.len() - value.len() + quote.len_utf8();
                self.quoted(quote, opened)
            }
        };
        read.map(|value| (name.clone(), value)).map_err(|what| format!("{name}: {what}"))
    }

    /// Reads a quoted value. `opened` is the offset of the quoted text in this line.
    fn quoted(&mut self, quote: char, opened: usize) -> Result<String, String> {
        let inside = &self.rest[opened..];
        let Some((value, length)) = until_closed(inside, quote) else {
            self.skip_line();
            let escaped = if quote == '"' { " (inside double quotes, \\\" is a quote)" } else { "" };
            return Err(format!("the quote {quote} that opens the value is not closed{escaped}"));
        };
        let after = opened + length;
        let behind = self.rest[after..].lines().next().unwrap_or_default();
        self.line += self.rest[..after].matches('\n').count();
        self.rest = &self.rest[after..];
        self.skip_line();
        let behind_is_a_comment = behind.trim_start().starts_with('#') && behind.starts_with([' ', '\t']);
        if !behind.trim().is_empty() && !behind_is_a_comment {
            return Err(format!(
                "something follows the closing {quote}: put the whole value between single quotes, or leave them away"
            ));
        }
        value
    }

    fn peek_line(&self) -> &'a str {
        self.rest.lines().next().unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }
}

fn name_of(left: &str) -> Option<&str> {
    let left = left.trim();
    let name = left.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(left, str::trim_start);
    let first = name.bytes().next()?;
    let right = !first.is_ascii_digit() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    right.then_some(name)
}

/// The value up to the end of the line, or up to a `#` that follows white space. No other character has a meaning.
fn unquoted(text: &str) -> &str {
    let comment = text.match_indices('#').map(|(at, _)| at).find(|at| text[..*at].ends_with([' ', '\t']));
    text[..comment.unwrap_or(text.len())].trim()
}

/// The value up to the closing quote, or what is wrong with it, and the length with that quote; `None` if there is
/// none.
fn until_closed(inside: &str, quote: char) -> Option<(Result<String, String>, usize)> {
    if quote == '\'' {
        let end = inside.find('\'')?;
        return Some((Ok(without_carriage_returns(&inside[..end])), end + 1));
    }
    let (mut value, mut wrong) = (String::new(), None);
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let value = without_carriage_returns(&value);
                return Some((wrong.map_or(Ok(value), Err), at + 1));
            }
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                same @ ('\\' | '"' | '\'' | '$') => value.push(same),
                _ => {
                    wrong = Some(
                        "between double quotes, a backslash stands before n, r, t, \\, \" or $: put the value between \
                         single quotes, where it has no meaning"
                            .to_owned(),
                    );
                }
            },
            other => value.push(other),
        }
    }
    None
}

/// Removes the carriage returns of a file that was saved on Windows: they are not part of a value of several lines.
fn without_carriage_returns(value: &str) -> String {
    value.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests;
