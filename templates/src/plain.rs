//! The plain text of a mail whose template has only HTML: its words, with its links beside them.
//!
//! It is for HTML that people write for mails, and reads any other without an error: what is not understood is left out.

mod entities;
pub(crate) mod tag;

use self::entities::decoded;
use self::tag::Tag;
use crate::links::is_link;

/// Elements whose content nobody reads.
const UNSEEN: [&str; 4] = ["head", "script", "style", "title"];
/// Elements within which `<` begins nothing but their own end.
const RAW: [&str; 3] = ["script", "style", "title"];
/// Elements without content and without an end.
const VOID: [&str; 10] = ["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];
/// Elements with an empty line before and behind them.
const APART: [&str; 16] = [
    "blockquote",
    "dl",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
    "footer",
];
/// Elements that begin and end a line.
const LINES: [&str; 11] = ["address", "article", "br", "dd", "div", "dt", "figure", "header", "li", "main", "tr"];

/// The words of this HTML as lines. They are never longer than the HTML.
pub(crate) fn plain_text(html: &str) -> String {
    let mut plain = Plain::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        plain.words(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some((tag, after)) = Tag::read(rest) {
            plain.tag(&tag);
            let is_raw = !tag.closes && RAW.contains(&tag.name.as_str());
            rest = if is_raw { from_end_of(&tag.name, after) } else { after };
        } else {
            plain.words("<");
            rest = &rest[1..];
        }
    }
    plain.words(rest);
    plain.text
}

/// The text from the end of this element on, whose beginning was read.
pub(crate) fn from_end_of<'t>(name: &str, text: &'t str) -> &'t str {
    let is_end = |at: usize| text[at + 2..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let end = text.match_indices("</").map(|(at, _)| at).find(|at| is_end(*at));
    end.map_or("", |end| &text[end..])
}

/// What was read so far.
#[derive(Default)]
struct Plain {
    text: String,
    /// How many line ends come before the next word: none, one, or two for an empty line.
    line_ends: usize,
    /// Whether white space comes before the next word.
    space: bool,
    /// Whether the next word begins an item of a list.
    item: bool,
    /// The links that are open: where each leads, and where its words begin.
    links: Vec<(String, usize)>,
    /// An element that is not shown, and how many of its name are open.
    unseen: Option<(String, usize)>,
}

impl Plain {
    fn words(&mut self, html: &str) {
        if self.unseen.is_some() {
            return;
        }
        for c in decoded(html).chars() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{a0}' => self.space = true,
                // A soft hyphen and a space of no width say where a line may end.
                '\u{ad}' | '\u{200b}' | '\u{feff}' => {}
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if !self.text.is_empty() {
            if self.line_ends > 0 {
                (0..self.line_ends).for_each(|_| self.text.push('\n'));
            } else if self.space {
                self.text.push(' ');
            }
        }
        if std::mem::take(&mut self.item) {
            self.text.push_str("- ");
        }
        (self.line_ends, self.space) = (0, false);
        self.text.push(c);
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        if let Some((unseen, open)) = &mut self.unseen {
            if unseen.as_str() == name {
                *open = if tag.closes { *open - 1 } else { *open + 1 };
            }
            if *open == 0 {
                self.unseen = None;
            }
            return;
        }
        if !tag.closes && !VOID.contains(&name) && (UNSEEN.contains(&name) || is_hidden(tag)) {
            self.unseen = Some((tag.name.clone(), 1));
            return;
        }
        if APART.contains(&name) {
            self.line_ends = 2;
        } else if LINES.contains(&name) {
            // Two line breaks, one behind the other, are an empty line.
            self.line_ends = if name == "br" { (self.line_ends + 1).min(2) } else { self.line_ends.max(1) };
        }
        match name {
            "a" if tag.closes => self.end_of_link(),
            "a" => self.links.push((tag.attribute("href").unwrap_or_default(), self.text.len())),
            "li" => self.item = !tag.closes,
            "td" | "th" => self.space = true,
            "img" => self.words(&tag.attribute("alt").map(|alt| escaped(&alt)).unwrap_or_default()),
            _ => {}
        }
    }

    /// Writes where a link leads, unless its words say so themselves.
    fn end_of_link(&mut self) {
        let Some((href, begin)) = self.links.pop() else { return };
        let href = href.trim();
        if !is_link(href) {
            return;
        }
        let words = self.text.get(begin..).unwrap_or_default().trim().trim_start_matches("- ");
        let shown = ["", "https://", "http://", "mailto:"].map(|scheme| format!("{scheme}{words}"));
        let says_so = |shown: &String| shown == href || shown.trim_end_matches('/') == href.trim_end_matches('/');
        if words.is_empty() {
            href.chars().for_each(|c| self.push(c));
        } else if !shown.iter().any(says_so) {
            self.space = true;
            format!("({href})").chars().for_each(|c| self.push(c));
        }
    }
}

/// Text as `words` reads it back.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
}

/// Whether an element is not shown, such as the line that mail programs show beside the subject.
fn is_hidden(tag: &Tag<'_>) -> bool {
    let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    style.contains("display:none") || tag.attribute("hidden").is_some()
}

#[cfg(test)]
mod tests;
