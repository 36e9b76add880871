//! What HTML holds that its style sheets depend on, found in one pass over its tags.

use super::css;
use crate::plain::from_end_of;
use crate::plain::tag::Tag;

/// How many elements may stand in one another: the library that writes sheets into them calls itself for each level.
/// Readers show far fewer.
const MAX_DEPTH: usize = 128;

/// Elements within which `<` begins nothing but their own end.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];
/// Elements that hold none, and those that need no end, which stand in one another only within a `table` or a list.
const UNCOUNTED: [&str; 27] = [
    "area", "base", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li", "link",
    "meta", "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
];
/// Elements that mark words, which go on behind the end of what they stand in.
const MARKS: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

const DEEP: &str = "more than 128 elements stand in one another: end each of them";
const REVEALED: &str = "`<![if` does not survive beside a style sheet that is written into elements: write \
                        <!--[if !mso]><!--> and <!--<![endif]--> around what is for other programs";
const UNENDED: &str = "<style> is not ended: write </style> behind its rules";

/// A tag as it is written.
pub(super) struct Written<'h> {
    pub(super) at: usize,
    pub(super) text: &'h str,
    pub(super) tag: Tag<'h>,
    /// What stands in an element that holds nothing but text.
    content: &'h str,
    is_ended: bool,
}

#[derive(Default)]
pub(super) struct Survey<'h> {
    pub(super) sheets: Vec<Sheet<'h>>,
    /// How many elements begin.
    pub(super) elements: usize,
    /// The links to style sheets from elsewhere.
    pub(super) linked: Vec<usize>,
    /// Whether there is a condition of Outlook that other programs do not take for a comment.
    revealed: bool,
    /// The most elements that stood in one another.
    depth: usize,
}

/// A style sheet of the HTML.
pub(super) struct Sheet<'h> {
    /// Where `<style` stands.
    pub(super) at: usize,
    pub(super) scope: Scope,
    pub(super) css: &'h str,
    is_ended: bool,
}

/// What a sheet is for by its attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// For every element that its rules name.
    All,
    /// For some media only, or for programs that know another language than CSS.
    Some,
    /// It is to stay as it is.
    Ignored,
    /// What it is to be cannot be read.
    Unknown,
}

impl Sheet<'_> {
    /// # Errors
    /// What of the sheet cannot be read.
    pub(super) fn is_for_elements(&self) -> Result<bool, &'static str> {
        match self.scope {
            Scope::All if self.is_ended => css::has_rules(self.css),
            Scope::All => Err(UNENDED),
            Scope::Some | Scope::Ignored | Scope::Unknown => Ok(false),
        }
    }

    /// The same before rendering: a tag of the template language may become anything, and what cannot be read is told
    /// when it is rendered.
    pub(super) fn may_be_for_elements(&self) -> bool {
        let has_tags = self.css.contains("{{") || self.css.contains("{%");
        self.scope == Scope::All && (has_tags || self.is_for_elements() != Ok(false))
    }
}

impl Survey<'_> {
    /// # Errors
    /// What would be another HTML when it is read and written anew, or cannot be read.
    pub(super) fn survives(&self) -> Result<(), &'static str> {
        match self {
            Self { revealed: true, .. } => Err(REVEALED),
            Self { depth, .. } if *depth > MAX_DEPTH => Err(DEEP),
            _ => Ok(()),
        }
    }
}

pub(super) fn survey(html: &str) -> Survey<'_> {
    let mut survey = Survey::default();
    let mut open = Vec::new();
    for Written { at, text, tag, content, is_ended } in tags(html) {
        survey.revealed |= text.starts_with("<![");
        if tag.name.is_empty() {
            continue;
        }
        if tag.closes {
            end(&mut open, &tag.name);
            continue;
        }
        survey.elements += 1;
        match tag.name.as_str() {
            "style" => survey.sheets.push(Sheet { at, scope: scope(&tag), css: content, is_ended }),
            "link" if asks_for_a_sheet(&tag) => survey.linked.push(at),
            _ => {}
        }
        // Behind the limit nothing more is counted, so that each end is soon found.
        if survey.depth <= MAX_DEPTH && !UNCOUNTED.contains(&tag.name.as_str()) {
            open.push(tag.name);
            survey.depth = survey.depth.max(open.len());
        }
    }
    survey
}

/// The style sheets of a file of HTML or MJML as they are written, each with where it begins.
pub(super) fn written(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let sheets = tags(text).filter(|written| !written.tag.closes);
    sheets.filter_map(move |written| {
        let begin = written.at + written.text.len();
        if written.tag.name == "style" {
            return Some((begin, written.content));
        }
        // The name of a tag of HTML has no hyphen, so that this one is known by how it is written.
        let is_of_mjml = written.text.starts_with("<mj-style");
        is_of_mjml.then(|| (begin, text[begin..].split("</").next().unwrap_or_default()))
    })
}

/// The tags of HTML but for those in comments.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Written<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('<')?..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                // `<!-->` is a whole comment.
                let after = comment.strip_prefix('>').or_else(|| comment.split_once("-->").map(|(_, after)| after));
                rest = after.unwrap_or_default();
                continue;
            }
            let Some((tag, after)) = Tag::read(rest) else {
                rest = &rest[1..];
                continue;
            };
            let (at, text) = (html.len() - rest.len(), &rest[..rest.len() - after.len()]);
            let is_raw = !tag.closes && RAW.contains(&tag.name.as_str());
            rest = if is_raw { from_end_of(&tag.name, after) } else { after };
            let content = &after[..after.len() - rest.len()];
            return Some(Written { at, text, tag, content, is_ended: !is_raw || !rest.is_empty() });
        }
    })
}

/// Ends an element as HTML does: those that stand in it end with it.
fn end(open: &mut Vec<String>, name: &str) {
    let Some(at) = open.iter().rposition(|begun| begun == name) else { return };
    let inside = open.split_off(at);
    let goes_on = |begun: &String| MARKS.contains(&name) || (MARKS.contains(&begun.as_str()) && name != "table");
    open.extend(inside.into_iter().skip(1).filter(goes_on));
}

fn scope(tag: &Tag<'_>) -> Scope {
    let is = |attribute: &str, usual: [&str; 2]| {
        let value = tag.attribute(attribute).unwrap_or_default();
        usual.iter().any(|usual| value.trim().eq_ignore_ascii_case(usual))
    };
    match tag.attribute("data-css-inline").as_deref() {
        Some("ignore") => Scope::Ignored,
        Some(_) => Scope::Unknown,
        None if is("media", ["", "all"]) && is("type", ["", "text/css"]) => Scope::All,
        None => Scope::Some,
    }
}

fn asks_for_a_sheet(tag: &Tag<'_>) -> bool {
    let rel = tag.attribute("rel").unwrap_or_default();
    rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("stylesheet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_counted_as_deep_as_they_stand() {
        for (html, depth) in [
            ("<div><p>a<p>b<br><img></div>".to_owned(), 1),
            ("<div>".repeat(100), 100),
            ("<div></x>".repeat(100), 100),
            ("<div><b></div>".repeat(100), 101),
            ("<div><span></div>".repeat(100), 2),
            ("<table><tr><td><b>x</table>".repeat(100), 2),
            ("<tr><td>x".repeat(100), 0),
            ("<!-- <div> --><title><div></title><style><div></style>".repeat(3), 1),
            ("<b>".repeat(100_000), MAX_DEPTH + 1),
        ] {
            assert_eq!(survey(&html).depth, depth, "{}", html.get(..40).unwrap_or(&html));
        }
    }

    #[test]
    fn a_sheet_is_for_elements_unless_its_attributes_say_otherwise() {
        for (tag, expected) in [
            ("<style>", true),
            ("<STYLE type=\"text/css\" media='all'>", true),
            ("<style media=\"screen and (min-width:480px)\">", false),
            ("<style type=\"text/plain\">", false),
            ("<style data-css-inline=\"ignore\">", false),
            ("<!-- <style>", false),
        ] {
            let html = format!("{tag}p {{ color: red }}</style><p>x</p>");
            let found = survey(&html).sheets.iter().any(|sheet| sheet.is_for_elements() == Ok(true));
            assert_eq!(found, expected, "{tag}");
        }
        assert!(survey("<style>p { color: red }").sheets.iter().all(|sheet| sheet.is_for_elements() == Err(UNENDED)));
    }

    #[test]
    fn links_to_style_sheets_are_found() {
        let html = "<link rel=icon href=x><LINK href=y REL='Alternate StyleSheet'><!-- <link rel=stylesheet> -->";
        assert_eq!(survey(html).linked, [22]);
    }
}
