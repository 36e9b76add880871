//! What HTML holds that its style sheets depend on, found in one pass over its tags.

use super::css;
use crate::plain::from_end_of;
use crate::plain::tag::Tag;

/// Elements within which `<` begins nothing but their own end.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];
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
    /// What would be another HTML when it is read and written anew.
    pub(super) fn survives(&self) -> Result<(), &'static str> {
        if self.revealed { Err(REVEALED) } else { Ok(()) }
    }
}

pub(super) fn survey(html: &str) -> Survey<'_> {
    let mut survey = Survey::default();
    for Written { at, text, tag, content, is_ended } in tags(html) {
        survey.revealed |= text.starts_with("<![");
        if tag.name.is_empty() || tag.closes {
            continue;
        }
        survey.elements += 1;
        match tag.name.as_str() {
            "style" => survey.sheets.push(Sheet { at, scope: scope(&tag), css: content, is_ended }),
            "link" if asks_for_a_sheet(&tag) => survey.linked.push(at),
            _ => {}
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
