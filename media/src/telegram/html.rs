//! The tags that a text may have, read into the entities that Telegram is given beside the bare text. So nothing is left
//! for Telegram to read in it, and what it would refuse is found before it is sent.
//!
//! Source: <https://core.telegram.org/bots/api#html-style>.

use std::cmp::Reverse;

use super::SCHEMES;
use crate::buttons::is_link;

/// The tags for people, where one is not known.
const KNOWN: &str = "known are b, strong, i, em, u, ins, s, strike, del, code, pre, a, blockquote, tg-spoiler, span";

/// What is wrong with an `&` that stands alone.
const NO_REFERENCE: &str =
    "has an & that begins none of &lt; &gt; &amp; &quot; and no number of a character: write &amp;";

/// A text without its tags, and what they said of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Styled {
    pub text: String,
    /// The outer before the inner, in the order of the text.
    pub entities: Vec<Entity>,
}

/// How a part of the text is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// The type as Telegram names it.
    pub kind: &'static str,
    /// Where it begins, in units of UTF-16.
    pub offset: usize,
    /// How long it is, in the same units.
    pub length: usize,
    /// Where a link leads.
    pub url: Option<String>,
    /// The language of a program.
    pub language: Option<String>,
}

/// A tag that is not closed yet.
struct Open {
    name: String,
    /// None for the tag that only names the language of the program around it.
    kind: Option<&'static str>,
    offset: usize,
    url: Option<String>,
    language: Option<String>,
}

#[derive(Default)]
struct Reader {
    read: Styled,
    /// The length of the text so far, in units of UTF-16.
    units: usize,
    open: Vec<Open>,
}

/// # Errors
/// What is wrong with the tags, as a text that is read after the name of the part.
pub(super) fn read(html: &str) -> Result<Styled, String> {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        let (before, marked) = rest.split_at(at);
        reader.push(before);
        rest = match marked.strip_prefix('<') {
            Some(tag) => reader.tag(tag)?,
            None if marked.starts_with('&') => {
                let (c, behind) = reference(marked).ok_or(NO_REFERENCE)?;
                reader.push(c.encode_utf8(&mut [0; 4]));
                behind
            }
            None => return Err("has a > that ends no tag: write &gt;".into()),
        };
    }
    reader.push(rest);
    reader.end()
}

impl Reader {
    fn push(&mut self, text: &str) {
        self.units += text.encode_utf16().count();
        self.read.text.push_str(text);
    }

    /// Reads a tag, behind its first sign, and gives what follows it.
    fn tag<'h>(&mut self, tag: &'h str) -> Result<&'h str, String> {
        let (inner, behind) = tag.split_once('>').ok_or("has a < that begins no tag: write &lt;")?;
        match inner.strip_prefix('/') {
            Some(name) => self.close(name.trim())?,
            None => self.begin(inner)?,
        }
        Ok(behind)
    }

    fn begin(&mut self, inner: &str) -> Result<(), String> {
        let (name, attribute) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let name = name.to_ascii_lowercase();
        let attribute = read_attribute(attribute).ok_or("has a tag with an attribute that cannot be read")?;
        let attribute = attribute.as_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        let is_code = |open: &Open| matches!(open.kind, Some("code" | "pre") | None);
        let is_in_code = self.open.last().is_some_and(is_code);
        if self.names_a_language(&name, attribute) {
            self.open.push(Open { name, kind: None, offset: self.units, url: None, language: None });
            return Ok(());
        }
        if is_in_code {
            return Err("has a tag within code or pre, where Telegram takes none".into());
        }
        if name == "blockquote" && self.open.iter().any(|around| around.name == name) {
            return Err("has a blockquote within another, which Telegram does not take".into());
        }
        let kind = Some(kind(&name, attribute)?);
        let url = attribute.filter(|(name, _)| *name == "href").map(|(_, url)| url.to_owned());
        self.open.push(Open { name, kind, offset: self.units, url, language: None });
        Ok(())
    }

    /// Whether a tag only says in which language the program is that has just begun, which is then kept with the program.
    fn names_a_language(&mut self, name: &str, attribute: Option<(&str, &str)>) -> bool {
        let language = match attribute {
            Some(("class", class)) if name == "code" => class.strip_prefix("language-"),
            _ => None,
        };
        let units = self.units;
        let program = self.open.last_mut().filter(|open| open.kind == Some("pre") && open.offset == units);
        let (Some(language), Some(program)) = (language, program) else { return false };
        program.language = Some(language.to_owned());
        true
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        let open = self.open.pop().filter(|open| open.name.eq_ignore_ascii_case(name));
        let open = open.ok_or("has a tag that is closed where it is not the last that was opened")?;
        let length = self.units - open.offset;
        if let Some(kind) = open.kind.filter(|_| length > 0) {
            let Open { offset, url, language, .. } = open;
            self.read.entities.push(Entity { kind, offset, length, url, language });
        }
        Ok(())
    }

    fn end(mut self) -> Result<Styled, String> {
        if !self.open.is_empty() {
            return Err("has a tag that is not closed".into());
        }
        self.read.entities.sort_by_key(|entity| (entity.offset, Reverse(entity.length)));
        Ok(self.read)
    }
}

/// The type of entity that a tag with this attribute makes.
fn kind(name: &str, attribute: Option<(&str, &str)>) -> Result<&'static str, String> {
    Ok(match (name, attribute) {
        ("b" | "strong", None) => "bold",
        ("i" | "em", None) => "italic",
        ("u" | "ins", None) => "underline",
        ("s" | "strike" | "del", None) => "strikethrough",
        ("tg-spoiler", None) | ("span", Some(("class", "tg-spoiler"))) => "spoiler",
        ("code", None) => "code",
        ("pre", None) => "pre",
        ("blockquote", None) => "blockquote",
        ("blockquote", Some(("expandable", ""))) => "expandable_blockquote",
        ("a", Some(("href", url))) if is_link(url, SCHEMES) => "text_link",
        ("a", _) => return Err("has a tag a without a href that begins with https://, http:// or tg://".into()),
        ("span", _) => return Err("has a tag span whose class is not tg-spoiler".into()),
        ("b" | "strong" | "i" | "em" | "u" | "ins" | "s" | "strike" | "del" | "tg-spoiler", _)
        | ("code" | "pre" | "blockquote", _) => {
            return Err("has a tag with an attribute that Telegram does not take there".into());
        }
        _ => return Err(format!("has a tag that Telegram does not know: {KNOWN}; or write &lt;")),
    })
}

/// The one attribute of a tag with its value, which may be missing; none where the tag has no attribute, and nothing where
/// it is no attribute.
fn read_attribute(text: &str) -> Option<Option<(String, String)>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let Some((name, value)) = text.split_once('=') else {
        let is_a_name = text.bytes().all(|b| b.is_ascii_alphabetic());
        return is_a_name.then(|| Some((text.to_ascii_lowercase(), String::new())));
    };
    let quoted = |quote: char| value.trim().strip_prefix(quote)?.strip_suffix(quote).filter(|v| !v.contains(quote));
    let value = quoted('"').or_else(|| quoted('\''))?;
    Some(Some((name.trim().to_ascii_lowercase(), unescaped(value)?)))
}

/// A text with the characters for which its references stand.
fn unescaped(text: &str) -> Option<String> {
    let (mut bare, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('&') {
        let (before, marked) = rest.split_at(at);
        let (c, behind) = reference(marked)?;
        bare.push_str(before);
        bare.push(c);
        rest = behind;
    }
    bare.push_str(rest);
    Some(bare)
}

/// The character that a reference at the beginning of a text stands for, and what follows it.
fn reference(text: &str) -> Option<(char, &str)> {
    let (name, behind) = text.strip_prefix('&')?.split_once(';')?;
    let number = |digits: &str, radix: u32| u32::from_str_radix(digits, radix).ok().filter(|n| *n > 0);
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let digits = name.strip_prefix('#')?;
            let hexadecimal = digits.strip_prefix(['x', 'X']);
            let code = hexadecimal.map_or_else(|| number(digits, 10), |digits| number(digits, 16));
            char::from_u32(code?)?
        }
    };
    Some((c, behind))
}
