//! Reads a template's tags as tera's lexer does: to refuse what cannot be bounded, to find the files it refers to, and
//! to place steps in every loop, at the start of every file, and after every `set`, condition and computed expression.
//!
//! A file that tera accepts and this scan does not is refused, so nothing runs without its steps.

use crate::bounded::STEP;

/// What the scan has found in one file.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The files that this file includes or extends, by their path in the catalog.
    pub(crate) references: Vec<Reference>,
    /// The file that this file extends.
    pub(crate) extends: Option<String>,
    /// The blocks of this file, by their names.
    pub(crate) blocks: Vec<Reference>,
    /// What the file must not do.
    pub(crate) refusals: Vec<Refusal>,
    /// The steps to insert, with their offsets in ascending order.
    pub(crate) steps: Vec<(usize, String)>,
}

/// The name of another file or of a block, at a byte offset in the source.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) at: usize,
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) message: &'static str,
}

const UNREADABLE: &str = "this tag cannot be read: close it, its strings and its comments";
const COMPONENT: &str = "components are not available here: use include, or extends with blocks";
const CAPTURE: &str = "sections that catch output are not available here: write {% set name = value %}";
const COMPREHENSION: &str = "list comprehensions are not available here: use {% for %}";
const CONCATENATION: &str = "`~` is not available here: write the pieces one after the other, {{ a }}{{ b }}";
const SPREAD: &str = "`...` is not available here: name the elements";
const SUPER: &str = "super() is not available here: write the whole block";
const ELIFS: &str = "this file has more than 32 elif: take another template for each case";
const RESERVED: &str = "names that start with `__` are reserved: choose another";

/// The most `elif` in one `if`: no step fits between its conditions.
const MAX_ELIFS: usize = 32;

pub(crate) fn scan(source: &str) -> Scan {
    let mut scan = Scan::default();
    let tags = match tags(source) {
        Ok(tags) => tags,
        Err(at) => {
            scan.refusals.push(Refusal { at, message: UNREADABLE });
            return scan;
        }
    };
    // `extends` must stay the first tag; the file that it extends has a first step of its own.
    if tags.first().is_none_or(|tag| tag.keyword() != Some("extends")) {
        scan.steps.push((0, step("", false)));
    }
    for tag in &tags {
        scan.refuse(tag);
        scan.read(tag);
    }
    if let Some(tag) = tags.iter().filter(|tag| tag.keyword() == Some("elif")).nth(MAX_ELIFS) {
        scan.refuse_tag(tag, ELIFS);
    }
    scan
}

/// The tags of a file, each as it is written, with its offset. None of them where one does not end.
pub(crate) fn written_tags(source: &str) -> Vec<(usize, &str)> {
    let tags = tags(source).unwrap_or_default();
    tags.iter().map(|tag| (tag.start, &source[tag.start..tag.end])).collect()
}

impl Scan {
    fn refuse(&mut self, tag: &Tag<'_>) {
        for (index, (at, token)) in tag.tokens.iter().enumerate() {
            let before = |back: usize| index.checked_sub(back).map(|earlier| &tag.tokens[earlier].1);
            let attribute = before(1) == Some(&Token::Sign(b'.'));
            let message = match token {
                Token::Word(name) if name.starts_with("__") => RESERVED,
                Token::Word("super") if !attribute => SUPER,
                Token::Word("for") if !(attribute || tag.block && index == 0) => COMPREHENSION,
                Token::Sign(b'~') => CONCATENATION,
                Token::Sign(b'.') if attribute && before(2) == Some(&Token::Sign(b'.')) => SPREAD,
                _ => continue,
            };
            self.refusals.push(Refusal { at: *at, message });
        }
    }

    fn read(&mut self, tag: &Tag<'_>) {
        if !tag.block {
            if tag.computes() {
                self.steps.push((tag.end, step("", tag.trims)));
            }
            return;
        }
        let tokens: Vec<_> = tag.tokens.iter().map(|(_, token)| *token).take(3).collect();
        match tokens.as_slice() {
            [Token::Word("for" | "endif"), ..] => self.steps.push((tag.end, step("", tag.trims))),
            [Token::Word("set" | "set_global"), Token::Word(name), Token::Sign(b'=')] => {
                self.steps.push((tag.end, step(&format!("value={name}"), tag.trims)));
            }
            [Token::Word("set" | "set_global" | "filter"), ..] => self.refuse_tag(tag, CAPTURE),
            [Token::Word("component") | Token::Sign(b'<'), ..] => self.refuse_tag(tag, COMPONENT),
            [Token::Word(keyword @ ("include" | "extends")), Token::Text(name), ..] => {
                self.references.push(Reference { at: tag.tokens[1].0, name: (*name).to_owned() });
                if *keyword == "extends" {
                    self.extends = Some((*name).to_owned());
                }
            }
            [Token::Word("block"), Token::Word(name), ..] => {
                self.blocks.push(Reference { at: tag.tokens[1].0, name: (*name).to_owned() });
            }
            _ => {}
        }
    }

    fn refuse_tag(&mut self, tag: &Tag<'_>, message: &'static str) {
        self.refusals.push(Refusal { at: tag.start, message });
    }
}

fn step(argument: &str, trims: bool) -> String {
    format!("{{{{ {STEP}({argument}) {}}}}}", if trims { "-" } else { "" })
}

/// One `{{ … }}` or `{% … %}`.
struct Tag<'a> {
    start: usize,
    /// The offset just after the closing sign.
    end: usize,
    block: bool,
    /// Whether the tag ends with `-`, which removes the white space after it.
    trims: bool,
    tokens: Vec<(usize, Token<'a>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A string without its quotes, with its escapes as written.
    Text(&'a str),
    Number,
    Sign(u8),
}

impl Tag<'_> {
    /// Whether the tag's expression is more than the path of a variable.
    fn computes(&self) -> bool {
        self.tokens.iter().any(|(_, token)| !matches!(token, Token::Word(_) | Token::Number | Token::Sign(b'.')))
    }

    fn keyword(&self) -> Option<&str> {
        match self.tokens.first() {
            Some((_, Token::Word(word))) if self.block => Some(word),
            _ => None,
        }
    }
}

/// # Errors
/// The offset of the first tag that does not end.
fn tags(source: &str) -> Result<Vec<Tag<'_>>, usize> {
    let bytes = source.as_bytes();
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(2).position(|two| matches!(two, b"{{" | b"{%" | b"{#")) {
        let start = at + found;
        let sign = bytes[start + 1];
        let inner = start + if bytes.get(start + 2) == Some(&b'-') { 3 } else { 2 };
        at = if sign == b'#' {
            find(bytes, inner, b"#}").ok_or(start)? + 2
        } else if sign == b'%' && skip_word(source, inner, "raw").is_some() {
            end_of_raw(source, inner).ok_or(start)?
        } else {
            let tag = read_tag(source, start, inner, sign == b'%').ok_or(start)?;
            let end = tag.end;
            tags.push(tag);
            end
        };
    }
    Ok(tags)
}

fn read_tag(source: &str, start: usize, inner: usize, block: bool) -> Option<Tag<'_>> {
    let bytes = source.as_bytes();
    let close: &[u8] = if block { b"%}" } else { b"}}" };
    let mut tokens = Vec::new();
    let mut at = inner;
    loop {
        let byte = *bytes.get(at)?;
        let trims = byte == b'-' && bytes[at + 1..].starts_with(close);
        if trims || bytes[at..].starts_with(close) {
            let end = at + close.len() + usize::from(trims);
            return Some(Tag { start, end, block, trims, tokens });
        }
        let (token, length) = match byte {
            space if space.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            quote @ (b'"' | b'\'' | b'`') => {
                let length = length_of_text(&bytes[at + 1..], quote)?;
                (Token::Text(&source[at + 1..at + 1 + length]), length + 2)
            }
            digit if digit.is_ascii_digit() => (Token::Number, length_while(&bytes[at..], |b| b.is_ascii_digit())),
            letter if letter == b'_' || letter.is_ascii_alphabetic() => {
                let length = length_while(&bytes[at..], |b| b == b'_' || b.is_ascii_alphanumeric());
                (Token::Word(&source[at..at + length]), length)
            }
            sign if sign.is_ascii() => (Token::Sign(sign), 1),
            _ => return None,
        };
        tokens.push((at, token));
        at += length;
    }
}

fn length_of_text(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|&byte| {
        let ends = !escaped && byte == quote;
        escaped = !escaped && byte == b'\\';
        ends
    })
}

fn length_while(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| holds(**byte)).count()
}

fn end_of_raw(source: &str, inner: usize) -> Option<usize> {
    let mut at = skip_word(source, inner, "raw")?;
    loop {
        at = find(source.as_bytes(), at, b"{%")? + 2;
        if let Some(end) = skip_word(source, at, "endraw") {
            return Some(end);
        }
    }
}

/// The end of `-? word -?%}` at `at`.
fn skip_word(source: &str, at: usize, word: &str) -> Option<usize> {
    let space = |c: char| c.is_ascii_whitespace();
    let rest = source.get(at..)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(space);
    let rest = rest.strip_prefix(word)?.trim_start_matches(space);
    let rest = rest.strip_prefix('-').unwrap_or(rest).strip_prefix("%}")?;
    Some(source.len() - rest.len())
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
}
